# What is run on a Windows host (PowerShell 3 or later; Windows Server 2012 has it, 2008 R2 after
# WMF 3). Nothing here changes a host. Each fact is read by itself: one that cannot be read is told
# with its reason, and the others stand. The line $B = '…' comes from windows.py.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
function Utc($t) { if ($t) { $t.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ') } }
function Named($processId) { $names[[string]$processId] }
$facts = @{}
function Fact($name, [scriptblock]$read) {
  try { $facts[$name] = @{ data = @(& $read) } }
  catch [System.UnauthorizedAccessException] { $facts[$name] = @{ why = 'not_permitted'; said = $_.Exception.Message } }
  catch [System.Management.Automation.CommandNotFoundException] { $facts[$name] = @{ why = 'no_command'; said = $_.Exception.Message } }
  catch {
    $why = 'failed'
    if ($_.Exception.Message -match 'denied|0x80041003|0x80070005|拒绝访问') { $why = 'not_permitted' }
    $facts[$name] = @{ why = $why; said = $_.Exception.Message }
  }
}
$names = @{}
Get-Process -ErrorAction SilentlyContinue | ForEach-Object { $names[[string]$_.Id] = $_.ProcessName }

Fact 'os' {
  $o = Get-CimInstance Win32_OperatingSystem
  @{ name = $o.Caption; version = $o.Version; pack = $o.CSDVersion; host = $env:COMPUTERNAME
     arch = $env:PROCESSOR_ARCHITECTURE; boot = (Utc $o.LastBootUpTime); now = (Utc (Get-Date))
     free_kib = $o.FreePhysicalMemory }
}
Fact 'machine' {
  $c = Get-CimInstance Win32_ComputerSystem
  $m = Get-CimInstance Win32_PhysicalMemory | Measure-Object Capacity -Sum
  $p = Get-CimInstance Win32_Processor
  $f = Get-CimInstance Win32_PageFileUsage | Measure-Object AllocatedBaseSize -Sum
  @{ maker = $c.Manufacturer; model = $c.Model; cores = $c.NumberOfLogicalProcessors
     memory = $c.TotalPhysicalMemory; installed = $m.Sum; page_mib = $f.Sum
     busy = ($p | Measure-Object LoadPercentage -Average).Average }
}
Fact 'disks' { Get-CimInstance Win32_DiskDrive | ForEach-Object { @{ name = $_.DeviceID; size = $_.Size; type = $_.MediaType } } }
Fact 'filesystems' {
  Get-CimInstance Win32_Volume -Filter 'DriveType=3' | Where-Object { $_.Capacity } | ForEach-Object {
    @{ mount = $_.Name; device = $_.DeviceID; type = $_.FileSystem; size = $_.Capacity; free = $_.FreeSpace } }
}
Fact 'tcp' {
  Get-NetTCPConnection | Where-Object { 2, 5 -contains [int]$_.State } | ForEach-Object {
    @{ state = [int]$_.State; at = $_.LocalAddress; port = $_.LocalPort; peer = $_.RemoteAddress
       peer_port = $_.RemotePort; process = (Named $_.OwningProcess) } }
}
Fact 'udp' {
  Get-NetUDPEndpoint | ForEach-Object { @{ at = $_.LocalAddress; port = $_.LocalPort; process = (Named $_.OwningProcess) } }
}
Fact 'packages' {
  $keys = 'HKLM:\Software\Microsoft\Windows\CurrentVersion\Uninstall\*',
    'HKLM:\Software\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall\*'
  Get-ItemProperty $keys -ErrorAction SilentlyContinue | Where-Object { $_.DisplayName } |
    ForEach-Object { @{ name = $_.DisplayName; version = $_.DisplayVersion; at = $_.InstallDate } }
}
Fact 'updates' { Get-HotFix | ForEach-Object { @{ name = $_.HotFixID; at = (Utc $_.InstalledOn) } } }
Fact 'services' {
  Get-CimInstance Win32_Service -Filter "State='Running'" | ForEach-Object { @{ name = $_.Name; id = $_.ProcessId } }
}
Fact 'databases' {
  $engines = @{ sqlservr = 'sqlserver'; mysqld = 'mysql'; mariadbd = 'mariadb'; postgres = 'postgresql'
    oracle = 'oracle'; dmserver = 'dameng'; kingbase = 'kingbase'; mongod = 'mongodb'; 'redis-server' = 'redis' }
  Get-Process | Where-Object { $engines[$_.ProcessName] } | Select-Object -Unique ProcessName |
    ForEach-Object { @{ engine = $engines[$_.ProcessName]; files = @() } }
  $i = Get-ItemProperty 'HKLM:\Software\Microsoft\Microsoft SQL Server\Instance Names\SQL' -ErrorAction SilentlyContinue
  if ($i) {
    $i.PSObject.Properties | Where-Object { $_.Name -notlike 'PS*' } | ForEach-Object {
      $s = Get-ItemProperty "HKLM:\Software\Microsoft\Microsoft SQL Server\$($_.Value)\Setup"
      $d = Join-Path $s.SQLDataRoot 'DATA'
      @{ engine = 'sqlserver'; instance = $_.Name; version = $s.Version
         files = @(Get-ChildItem $d -Filter *.mdf -ErrorAction SilentlyContinue |
           ForEach-Object { @{ name = $_.BaseName; size = $_.Length } }) } }
  }
}
Fact 'jobs' {
  Get-ScheduledTask | Where-Object { $_.State -ne 'Disabled' -and $_.TaskPath -notlike '\Microsoft\*' } | ForEach-Object {
    @{ name = $_.TaskPath + $_.TaskName
       when = (@($_.Triggers | ForEach-Object { $_.CimClass.CimClassName + ' ' + $_.StartBoundary }) -join '; ')
       command = (@($_.Actions | ForEach-Object { ([string]$_.Execute + ' ' + [string]$_.Arguments).Trim() }) -join '; ') } }
}
Fact 'certificates' {
  Get-ChildItem Cert:\LocalMachine\My | ForEach-Object {
    @{ path = 'Cert:\LocalMachine\My\' + $_.Thumbprint; subject = $_.Subject; issuer = $_.Issuer
       names = @($_.DnsNameList | ForEach-Object { $_.Unicode })
       begins = (Utc $_.NotBefore); ends = (Utc $_.NotAfter) } }
}
Fact 'logins' {
  Get-CimInstance Win32_UserProfile -Filter 'Special=FALSE' | Where-Object { $_.LastUseTime } |
    ForEach-Object { @{ user = (Split-Path $_.LocalPath -Leaf); at = (Utc $_.LastUseTime) } }
}
Fact 'addresses' { Get-NetIPAddress | ForEach-Object { @{ at = $_.IPAddress; length = $_.PrefixLength } } }
Fact 'routes' {
  Get-NetRoute | ForEach-Object { @{ to = $_.DestinationPrefix; via = $_.NextHop; device = $_.InterfaceAlias } }
}
Fact 'clock' {
  $s = w32tm /query /source 2>&1
  if ($LASTEXITCODE) { throw [string]$s }
  @{ source = [string]$s }
}
# Windows OpenSSH tells it as OpenSSH does; over WinRM there is none.
$facts['visitor'] = @{ data = @([string]$env:SSH_CONNECTION) }
[Console]::Out.Write("`n$B begin`n" + (ConvertTo-Json $facts -Depth 6 -Compress) + "`n$B end`n")
