<#
.SYNOPSIS
    Both ends of one TCP connection, in a cgroup; told what to do on standard input, one line each.
.DESCRIPTION
    echo COUNT SIZE   COUNT messages of SIZE bytes to the server and back; each byte is compared
    push SIZE         SIZE bytes to the server, which does not read them
    pull SIZE         the server reads SIZE bytes, which are compared
    name NAME         the process is called so from now on
    send PATH         the server's socket goes to whoever listens on this UNIX socket
    Every answer is "ok", or what went wrong.
#>
param([string] $Cgroup, [string] $Address)

$ErrorActionPreference = 'Stop'
[IO.File]::WriteAllText("$Cgroup/cgroup.procs", "$PID")
$listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Parse($Address), 0)
$listener.Start()
$client = [Net.Sockets.TcpClient]::new($listener.LocalEndpoint.AddressFamily)
$client.Connect($listener.LocalEndpoint)
$client.NoDelay = $true
$server = $listener.AcceptTcpClient()
$server.NoDelay = $true
$toServer, $toClient = $client.GetStream(), $server.GetStream()
$toServer.ReadTimeout = $toClient.ReadTimeout = 30000

# Each side draws the bytes from a generator of its own, so that a byte lost, doubled or moved shows.
$writer, $reader = [Random]::new(7), [Random]::new(7)

function Send([IO.Stream] $Stream, [int] $Size) {
    $bytes = [byte[]]::new($Size)
    $writer.NextBytes($bytes)
    $Stream.Write($bytes)
    , $bytes
}

function Receive([IO.Stream] $Stream, [int] $Size) {
    $bytes, $expected = [byte[]]::new($Size), [byte[]]::new($Size)
    $Stream.ReadExactly($bytes, 0, $Size)
    $reader.NextBytes($expected)
    if (-not [Linq.Enumerable]::SequenceEqual($bytes, $expected)) { throw "$Size bytes arrived that are not those sent" }
    , $bytes
}

[Console]::Out.WriteLine("ready $($listener.LocalEndpoint.Port) $($client.Client.LocalEndPoint.Port)")
while ($null -ne ($line = [Console]::In.ReadLine())) {
    try {
        $command, $word = $line -split ' ', 2
        [int] $first, [int] $second = $command -in 'name', 'send' ? (0, 0) : $word -split ' '
        switch ($command) {
            'name' { [IO.File]::WriteAllText('/proc/self/comm', $word) }
            'send' {
                Import-Module $env:SOCKMAPPS_MODULE
                Send-SockmapSocket $word $server
            }
            'echo' {
                for ($i = 0; $i -lt $first; $i++) {
                    $null = Send $toServer $second
                    $null = Receive $toClient $second
                    $null = Send $toClient $second
                    $null = Receive $toServer $second
                }
            }
            'push' { $null = Send $toServer $first }
            'pull' { $null = Receive $toClient $first }
            default { throw "unknown command '$line'" }
        }
        [Console]::Out.WriteLine('ok')
    }
    catch {
        [Console]::Out.WriteLine("failed: $_")
    }
}
