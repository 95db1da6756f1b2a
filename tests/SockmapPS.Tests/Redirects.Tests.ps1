BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"

    function Open-Pair {
        # Both ends of a TCP connection.
        $listener = [Net.Sockets.TcpListener]::new('127.0.0.1', 0)
        $listener.Start()
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $listener.LocalEndpoint.Port)
        $pair = @{ Inner = $client; Outer = $listener.AcceptTcpClient() }
        $listener.Stop()
        $pair.Inner.Client.ReceiveTimeout = $pair.Outer.Client.ReceiveTimeout = 10000
        $pair
    }

    function Send-Text {
        param([Net.Sockets.TcpClient] $Client, [string] $Text)

        $null = $Client.Client.Send([Text.Encoding]::ASCII.GetBytes($Text))
    }

    function Receive-Text {
        param([Net.Sockets.TcpClient] $Client, [int] $Length)

        $bytes = [byte[]]::new($Length)
        for ($read = 0; $read -lt $Length;) { $read += $Client.Client.Receive($bytes, $read, $Length - $read, 'None') }
        [Text.Encoding]::ASCII.GetString($bytes)
    }
}

Describe 'Redirects' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        $from, $to = (Open-Pair), (Open-Pair)
    }

    AfterEach {
        $from.Values.Dispose()
        $to.Values.Dispose()
        Close-Sandbox $sandbox
    }

    It 'take what <mode> says, and give it back when they are removed' -ForEach @(
        @{ mode = 'SendToLocal'; enter = 'Inner'; exit = 'Inner'; usual = 'Outer' }
        @{ mode = 'SendToEgress'; enter = 'Inner'; exit = 'Outer'; usual = 'Outer' }
        @{ mode = 'IngressToEgress'; enter = 'Outer'; exit = 'Outer'; usual = 'Inner' }
        @{ mode = 'IngressToLocal'; enter = 'Outer'; exit = 'Inner'; usual = 'Inner' }
    ) {
        $made = New-SockmapRedirect $from.Inner $to.Inner -Mode $mode @there
        $made.Name, $made.Mode, $made.State | Should -Be ('redirect-1', $mode, 'Active')
        $made.FromLocalPort | Should -Be $from.Inner.Client.LocalEndPoint.Port
        $made.ToProcessId | Should -Be $PID
        Send-Text $from.$enter 'over there'
        Receive-Text $to.$exit 10 | Should -Be 'over there'
        (Get-SockmapRedirect @there).RedirectedBytes | Should -Be 10
        $removed = Get-SockmapRedirect @there | Remove-SockmapRedirect -PassThru
        $removed.IsComplete, $removed.DroppedBytes | Should -Be ($true, 0)
        Get-SockmapRedirect @there | Should -BeNullOrEmpty
        Send-Text $from.$enter 'here'
        Receive-Text $from.$usual 4 | Should -Be 'here'
    }

    It 'find the sockets of a process by port and by descriptor' {
        $peer = Open-Peer $sandbox
        $candidate = Get-SockmapCandidate -ProcessId $peer.Process.Id @there
        $made = New-SockmapRedirect -From $candidate -ToProcessId $peer.Process.Id -ToDescriptor $candidate.RemoteDescriptor -Mode SendToLocal -Name here @there
        $made.Name, $made.FromCookie, $made.ToCookie | Should -Be ('here', $candidate.Cookie, $candidate.RemoteCookie)
        Remove-SockmapRedirect here @there
        $failure = Get-Failure { New-SockmapRedirect -FromProcessId $peer.Process.Id -FromPort $peer.ServerPort $to.Inner -Mode SendToLocal @there }
        $failure.FullyQualifiedErrorId | Should -Be 'NoDescriptor,SockmapPS.Commands.NewSockmapRedirectCommand'
        $failure = Get-Failure { New-SockmapRedirect -FromProcessId $peer.Process.Id -FromDescriptor 1 $to.Inner -Mode SendToLocal @there }
        $failure.FullyQualifiedErrorId | Should -Be 'DescriptorClosed,SockmapPS.Commands.NewSockmapRedirectCommand'
    }

    It 'that cannot work are refused: <what>' -ForEach @(
        @{ what = 'what UDP sends'; mode = 'SendToLocal'; id = 'RedirectUnsupported'; category = 'NotImplemented'; ends = {
                $udp = [Net.Sockets.UdpClient]::new('127.0.0.1', 9); $udp, $to.Inner } }
        @{ what = 'a socket to itself'; mode = 'SendToEgress'; id = 'RedirectUnsupported'; category = 'NotImplemented'; ends = { $from.Inner, $from.Inner } }
        @{ what = 'a UDP target without a peer'; mode = 'IngressToEgress'; id = 'SocketNotSuitable'; category = 'InvalidOperation'; ends = {
                $from.Inner, [Net.Sockets.UdpClient]::new(0) } }
        @{ what = 'a closed client'; mode = 'SendToLocal'; id = 'DescriptorClosed'; category = 'ObjectNotFound'; ends = {
                $closed = [Net.Sockets.TcpClient]::new(); $closed.Dispose(); $closed, $to.Inner } }
    ) {
        $one, $other = & $ends
        $failure = Get-Failure { New-SockmapRedirect $one $other -Mode $mode @there }
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.NewSockmapRedirectCommand"
        $failure.CategoryInfo.Category | Should -Be $category
        Get-SockmapRedirect @there | Should -BeNullOrEmpty
    }

    It 'say where a source is taken' {
        $null = New-SockmapRedirect $from.Inner $to.Inner -Mode SendToLocal -Name first @there
        $failure = Get-Failure { New-SockmapRedirect $from.Inner $to.Inner -Mode SendToEgress @there }
        $failure.FullyQualifiedErrorId | Should -Be 'SocketTaken,SockmapPS.Commands.NewSockmapRedirectCommand'
        $failure.Exception.Message | Should -BeLike "*Remove-SockmapRedirect first*"
        $failure = Get-Failure { New-SockmapRedirect $to.Inner $from.Inner -Mode SendToEgress -Name first @there }
        $failure.FullyQualifiedErrorId | Should -Be 'RedirectExists,SockmapPS.Commands.NewSockmapRedirectCommand'
        $failure.TargetObject | Should -Be 'first'
    }

    It 'of entries of a bypass are refused with the way out' {
        $null = Install-SockmapBypass -Cgroup $sandbox.Cgroup @there
        $peer = Open-Peer $sandbox
        $entry = Get-SockmapEntry @there | Where-Object IsClient
        $failure = Get-Failure { New-SockmapRedirect $entry $to.Inner -Mode SendToLocal @there }
        $failure.FullyQualifiedErrorId | Should -Be 'SocketTaken,SockmapPS.Commands.NewSockmapRedirectCommand'
        $failure.Exception.Message | Should -BeLike "*bypass 'default'*Remove-SockmapEntry*"
        # To be read from is another matter.
        (New-SockmapRedirect $from.Inner $entry -Mode SendToLocal @there).ToCookie | Should -Be $entry.Cookie
    }

    It 'change nothing under -WhatIf' {
        New-SockmapRedirect $from.Inner $to.Inner -Mode SendToLocal -WhatIf @there | Should -BeNullOrEmpty
        Get-SockmapRedirect @there | Should -BeNullOrEmpty
        $null = New-SockmapRedirect $from.Inner $to.Inner -Mode SendToLocal @there
        Remove-SockmapRedirect * -WhatIf @there
        (Get-SockmapRedirect @there).State | Should -Be 'Active'
    }

    It 'that nobody reads are not removed in time, and are when forced' {
        $null = New-SockmapRedirect $from.Inner $to.Inner -Mode SendToLocal @there
        Send-Text $from.Inner 'unread'
        $failure = Get-Failure { Remove-SockmapRedirect redirect-1 -Timeout 0 @there }
        $failure.FullyQualifiedErrorId | Should -Be 'DrainTimeout,SockmapPS.Commands.RemoveSockmapRedirectCommand'
        $failure.CategoryInfo.Category | Should -Be 'OperationTimeout'
        (Get-SockmapRedirect @there).State | Should -Be 'Draining'
        Remove-SockmapRedirect redirect-1 -Force -WarningVariable warned -WarningAction SilentlyContinue @there
        $warned | Should -BeLike '*dropped 6 bytes*'
        Get-SockmapRedirect @there | Should -BeNullOrEmpty
    }

    It 'are named: <id>' -ForEach @(
        @{ id = 'RedirectNotFound'; call = { Get-SockmapRedirect none @there }; name = 'GetSockmapRedirectCommand' }
        @{ id = 'RedirectNotFound'; call = { Remove-SockmapRedirect none @there }; name = 'RemoveSockmapRedirectCommand' }
        @{ id = 'InvalidSetting'; call = { New-SockmapRedirect $from.Inner $to.Inner -Mode SendToLocal -Name 'no good' @there }; name = 'NewSockmapRedirectCommand' }
    ) {
        (Get-Failure $call).FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.$name"
        Get-SockmapRedirect n* @there | Should -BeNullOrEmpty
    }

    It 'are offered by the Tab key' {
        $null = New-SockmapRedirect $from.Inner $to.Inner -Mode SendToLocal -Name mine @there
        (Get-Completion "Remove-SockmapRedirect -BpfFileSystem $($sandbox.BpfFileSystem) -Name m").CompletionText | Should -Be 'mine'
        (Get-Completion 'New-SockmapRedirect -Mode Ingress').CompletionText | Should -Be ('IngressToEgress', 'IngressToLocal')
    }
}

Describe 'Test-SockmapRedirect' -Skip:$notRoot {
    It 'tries' {
        Test-SockmapRedirect -Mode SendToEgress, IngressToLocal -From Tcp, UnixStream -To Udp, UnixDatagram | Should -BeTrue
    }

    It 'shows each trial' {
        $trials = Test-SockmapRedirect -Mode SendToLocal -From Tcp, UnixStream -To Tcp -Detailed
        $trials | Should -HaveCount 6
        ($trials | Where-Object From -EQ Tcp).Works | Should -Be ($true, $true, $true, $true)
        ($trials | Where-Object From -EQ UnixStream).Outcome | Should -Be ('NotAsked', 'NotAsked')
    }
}
