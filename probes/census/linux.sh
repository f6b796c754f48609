# Functions that the sections of linux.toml use. The line B=… and the sections come from script.py.
PATH=${PATH:-/usr/bin}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C LANG=C LANGUAGE=C
export PATH LC_ALL LANG LANGUAGE
umask 077
mark() { printf '\n%s %s\n' "$B" "$*"; }
part() { mark part "$*"; }
lack() { mark lack "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
# `timeout` of old busybox wants -t; where there is none, our own end is the only limit.
if timeout 1 true 2>/dev/null; then limit() { timeout "$@"; }
elif timeout -t 1 true 2>/dev/null; then limit() { n=$1; shift; timeout -t "$n" "$@"; }
else limit() { shift; "$@"; }
fi
# A command that was ended says so where everything goes, whoever reads its output: 124 of GNU's
# timeout, 143 of busybox's.
exec 3>&1
t() {
  limit "$@"
  ended=$?
  case $ended in 124|143) mark late >&3 ;; esac
  return "$ended"
}
# root: we are; all: sudo lets us run anything without a password; some: it lets us run something.
power=
if [ "$(id -u)" = 0 ]; then power=root
elif have sudo; then
  if sudo -n -l >/dev/null 2>&1; then
    power=some
    sudo -n -l true >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1 && power=all
  fi
fi
rt() {
  n=$1
  shift
  case $power in
    all) t "$n" sudo -n "$@" ;;
    some) if sudo -n -l "$@" >/dev/null 2>&1; then t "$n" sudo -n "$@"; else t "$n" "$@"; fi ;;
    *) t "$n" "$@" ;;
  esac
}
as() {
  user=$1
  n=$2
  shift 2
  case $power in
    root) if have runuser; then t "$n" runuser -u "$user" -- "$@"; else t "$n" sudo -n -u "$user" "$@"; fi ;;
    all) t "$n" sudo -n -u "$user" "$@" ;;
    some)
      if sudo -n -l -u "$user" "$@" >/dev/null 2>&1; then t "$n" sudo -n -u "$user" "$@"
      else t "$n" "$@"; fi ;;
    *) t "$n" "$@" ;;
  esac
}
