#!/bin/sh
# First process of a lab host: makes its file system, then runs what /etc/rc2.d holds and sshd.
# Usage: boot.sh NAME FOLDER LOWER ADDRESS GATEWAY ADDRESS6 GATEWAY6
# It says `born PID` when its namespaces are there, waits for a line (the cable is plugged in by
# then), and says `ready` when its services have started, with the names of those that did not. As first process it reaps orphans: dash
# collects any child while it waits.
set -eu
name=$1 folder=$2 lower=$3 address=$4 gateway=$5 address6=$6 gateway6=$7
root=$folder/root

# This /proc is still the machine's, so this is our number as the machine sees it.
read -r pid _ </proc/self/stat

mkdir -p "$folder/upper" "$folder/work" "$root"
mount -t overlay overlay "$root" \
  -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work,redirect_dir=on"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755,size=64k tmpfs "$root/dev"
mount -t tmpfs -o mode=755,size=128m tmpfs "$root/run"
mount -t tmpfs -o mode=1777,size=512m tmpfs "$root/tmp"
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$root/dev/"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
mkdir -p -m 1777 "$root/run/lock"
mkdir -p "$root/run/sshd" "$root/run/outer"
hostname "$name"

# The machine's mounts go out of sight; what is left is what a host has.
cd "$root"
pivot_root . run/outer
cat >/run/boot <<'STAGE'
umount -l /run/outer
rmdir /run/outer
echo "born $1"
read -r _
ip -batch - <<NET
link set lo up
link set eth0 up
addr add $2/24 dev eth0
addr add $4/64 dev eth0 nodad
route add default via $3
NET
ip -6 route add default via "$5"
listen() {
  while :; do
    /usr/sbin/sshd -D -E /run/sshd.log </dev/null >/dev/null 2>&1 || :
    sleep 0.2
  done
}
listen &
failed=
for service in /etc/rc2.d/S*; do
  [ -x "$service" ] || continue
  "$service" start </dev/null >>/run/boot.log 2>&1 || failed="$failed ${service##*/}"
done
echo "ready$failed"
exec </dev/null >/dev/null 2>&1
while :; do wait; done
STAGE
exec chroot . /bin/sh /run/boot "$pid" "$address" "$gateway" "$address6" "$gateway6"
