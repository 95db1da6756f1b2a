BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"

    function Send-Text {
        # Sends a text through the proxy, and gives what the target got and what came back.
        param($Proxy, [string] $Text)

        $address = [Net.IPEndPoint]::Parse($Proxy.Listen[0])
        $client = [Net.Sockets.TcpClient]::new($address.Address.ToString(), $address.Port)
        try {
            $server = $target.AcceptTcpClient()
            try {
                $bytes = [Text.Encoding]::UTF8.GetBytes($Text)
                $client.GetStream().Write($bytes)
                $received = [byte[]]::new($bytes.Length)
                $server.GetStream().ReadExactly($received)
                $server.GetStream().Write($received)
                $client.GetStream().ReadExactly($received)
                [Text.Encoding]::UTF8.GetString($received)
            }
            finally { $server.Dispose() }
        }
        finally { $client.Dispose() }
    }
}

Describe 'A proxy' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        $target = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $target.Start()
        $to = "$($target.LocalEndpoint)"
    }

    AfterEach {
        Get-SockmapProxy @there | Stop-SockmapProxy -Timeout 0 -WarningAction Ignore
        $target.Stop()
        Close-Sandbox $sandbox
    }

    It 'is started, shown, and stopped' {
        Start-SockmapProxy 127.0.0.1:0 $to -Name web @there | Should -BeNullOrEmpty
        $proxy = Get-SockmapProxy web @there
        $proxy | Should -BeOfType ([Sockmap.Proxies.ProxyStatus])
        $proxy.State, $proxy.Accepted, $proxy.CopyReason | Should -Be ('Running', 0, '')
        $proxy.To | Should -Be $to
        Send-Text $proxy 'hello' | Should -Be 'hello'
        $after = Get-SockmapProxy w* @there
        $after.Accepted, $after.Spliced | Should -Be (1, 1)
        ($after.SplicedBytesUp + $after.CopiedBytesUp), ($after.SplicedBytesDown + $after.CopiedBytesDown) | Should -Be (5, 5)
        [IO.Directory]::Exists("/proc/$($proxy.ProcessId)") | Should -BeTrue
        $end = $proxy | Stop-SockmapProxy -PassThru
        $end.Name, $end.Connections, $end.DroppedConnections, $end.DroppedBytes | Should -Be ('web', 1, 0, 0)
        [IO.Directory]::Exists("/proc/$($proxy.ProcessId)") | Should -BeFalse
        Get-SockmapProxy @there | Should -BeNullOrEmpty
    }

    It 'outlives the runspace and the process that started it' {
        $lines = "$TestDrive/start.ps1"
        Set-Content $lines "Import-Module '$ModulePath'; Start-SockmapProxy 127.0.0.1:0 $to -Name other -BpfFileSystem '$($sandbox.BpfFileSystem)'"
        Invoke-Native ([Environment]::ProcessPath) '-NoProfile', '-NonInteractive', '-File', $lines
        $proxy = Get-SockmapProxy @there
        $proxy.Name, $proxy.State | Should -Be ('other', 'Running')
        Send-Text $proxy 'still here' | Should -Be 'still here'
    }

    It 'shows its connections, and why one is copied' {
        $proxy = Start-SockmapProxy 127.0.0.1:0 $to -Copy -PassThru @there
        $address = [Net.IPEndPoint]::Parse($proxy.Listen[0])
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $address.Port)
        try {
            $server = $target.AcceptTcpClient()
            while (($connection = Get-SockmapProxy -Connection @there).Mode -eq 'Connecting') { Start-Sleep -Milliseconds 10 }
            $connection.Proxy, $connection.Client, $connection.Target | Should -Be ($proxy.Name, "127.0.0.1:$($client.Client.LocalEndPoint.Port)", $to)
            $connection.Mode, $connection.Reason | Should -Be ('Copied', 'it was asked to copy')
            $server.Dispose()
        }
        finally { $client.Dispose() }
    }

    It 'says what it dropped when its time is over' {
        $proxy = Start-SockmapProxy 127.0.0.1:0 $to -PassThru @there
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', [Net.IPEndPoint]::Parse($proxy.Listen[0]).Port)
        try {
            $server = $target.AcceptTcpClient()
            $end = Stop-SockmapProxy $proxy.Name -Timeout 0.1 -PassThru -WarningVariable warnings -WarningAction SilentlyContinue @there
            $end.DroppedConnections | Should -Be 1
            "$warnings" | Should -BeLike '*had not ended in time and were reset: 1, with 0 bytes*'
            $server.Dispose()
        }
        finally { $client.Dispose() }
    }

    It 'of a killed process is Stopped, and can be started again as it was' {
        $proxy = Start-SockmapProxy 127.0.0.1:0 $to -Name again -PassThru @there
        Stop-Process -Id $proxy.ProcessId -Force
        while ((Get-SockmapProxy again @there).State -ne 'Stopped') { Start-Sleep -Milliseconds 20 }
        $new = Get-SockmapProxy again @there | Start-SockmapProxy -PassThru
        $new.State, $new.Listen[0], $new.To[0] | Should -Be ('Running', $proxy.Listen[0], $to)
        $new.ProcessId | Should -Not -Be $proxy.ProcessId
    }

    It 'does nothing with -WhatIf' {
        Start-SockmapProxy 127.0.0.1:0 $to -WhatIf @there
        Get-SockmapProxy @there | Should -BeNullOrEmpty
        $proxy = Start-SockmapProxy 127.0.0.1:0 $to -PassThru @there
        Stop-SockmapProxy * -WhatIf @there
        (Get-SockmapProxy @there).ProcessId | Should -Be $proxy.ProcessId
    }

    It 'refuses in one sentence: <_.Message>' -ForEach @(
        @{ Listen = '127.0.0.1'; To = '127.0.0.1:1'; Id = 'InvalidSetting'; Message = "'127.0.0.1' is no address of a proxy: *" }
        @{ Listen = '127.0.0.1:0'; To = '*:80'; Id = 'InvalidSetting'; Message = "'*:80' is no target: *" }
        @{ Listen = '192.0.2.1:80'; To = '127.0.0.1:1'; Id = 'AddressNotUsable'; Message = "Listening on '192.0.2.1:80'*" }
    ) {
        $failure = Get-Failure { Start-SockmapProxy $_.Listen $_.To @there }
        $failure.FullyQualifiedErrorId | Should -Be "$($_.Id),SockmapPS.Commands.StartSockmapProxyCommand"
        "$failure" | Should -BeLike $_.Message
        Get-SockmapProxy @there | Should -BeNullOrEmpty
    }

    It 'has a name that is completed, and one that is not there is an error' {
        $null = Start-SockmapProxy 127.0.0.1:0 $to -Name 'complete-me' -PassThru @there
        (Get-Completion "Stop-SockmapProxy -BpfFileSystem $($sandbox.BpfFileSystem) -Name comp").CompletionText | Should -Be 'complete-me'
        (Get-Failure { Get-SockmapProxy nosuch @there }).FullyQualifiedErrorId | Should -BeLike 'ProxyNotFound,*'
        (Get-Failure { Stop-SockmapProxy nosuch @there }).FullyQualifiedErrorId | Should -BeLike 'ProxyNotFound,*'
    }
}
