BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"

    function Open-Receiver {
        # Receive-SockmapSocket in a runspace of its own, once it listens.
        param([string] $Path, [hashtable] $Parameter = @{})

        # One script, and not two statements: a Stop between these ends the whole process (PowerShell.BatchInvocationWorkItem).
        $shell = [powershell]::Create()
        $null = $shell.AddScript('param($module, $path, $parameter) Import-Module $module; Receive-SockmapSocket $path @parameter -Verbose').
            AddArgument($ModulePath).AddArgument($Path).AddArgument($Parameter)
        $run = $shell.BeginInvoke()
        for ($try = 0; $shell.Streams.Verbose.Count -eq 0; $try++) {
            if ($try -ge 400 -or $run.IsCompleted) { throw "It does not listen: $($shell.Streams.Error)" }
            Start-Sleep -Milliseconds 25
        }
        @{ Shell = $shell; Run = $run }
    }

    function Close-Receiver {
        param([hashtable] $Receiver)

        try {
            $Receiver.Shell.EndInvoke($Receiver.Run)
            $Receiver.Failures = @($Receiver.Shell.Streams.Error)
        }
        finally {
            $Receiver.Shell.Dispose()
        }
    }
}

Describe 'Sockets that are handed over' {
    BeforeEach {
        $path = "$TestDrive/s"
        $listener = [Net.Sockets.TcpListener]::new('127.0.0.1', 0)
        $listener.Start()
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $listener.LocalEndpoint.Port)
        $server = $listener.AcceptTcpClient()
    }

    AfterEach {
        $client.Dispose()
        $server.Dispose()
        $listener.Stop()
        [IO.File]::Exists($path) | Should -BeFalse -Because 'no socket file may be left behind'
    }

    It 'come as sockets that work, and stay open where they came from' {
        $receiver = Open-Receiver $path @{ Count = 2 }
        [IO.File]::GetUnixFileMode($path) | Should -Be ([IO.UnixFileMode]'UserRead, UserWrite')
        $client, $server.GetStream() | Send-SockmapSocket $path | Should -BeNullOrEmpty
        $sockets = @(Close-Receiver $receiver)
        $sockets | Should -HaveCount 2
        $sockets | Should -BeOfType ([Net.Sockets.Socket])
        $sockets[0].LocalEndPoint.Port | Should -Be $client.Client.LocalEndPoint.Port
        $null = $sockets[0].Send([byte[]] (1, 2))
        $server.GetStream().ReadByte() | Should -Be 1
        $sockets.Dispose()
        $client.GetStream().WriteByte(3)
        $server.GetStream().ReadByte(), $server.GetStream().ReadByte() | Should -Be (2, 3)
    }

    It 'that are fewer than asked for are given, and an error says so' {
        $receiver = Open-Receiver $path @{ Count = 2 }
        Send-SockmapSocket $path $client
        $sockets = @(Close-Receiver $receiver)
        $sockets | Should -HaveCount 1
        $sockets.Dispose()
        $receiver.Failures[0].FullyQualifiedErrorId | Should -Be 'NoDescriptor,SockmapPS.Commands.ReceiveSockmapSocketCommand'
    }

    It 'are waited for until the pipeline is stopped, <when>' -ForEach @(
        @{ when = 'before somebody connects'; connects = $false }
        @{ when = 'after somebody has connected'; connects = $true }
    ) {
        $receiver = Open-Receiver $path
        $connection = [Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
        try {
            if ($connects) { $connection.Connect([Net.Sockets.UnixDomainSocketEndPoint]::new($path)) }
            $receiver.Shell.Stop()
            $receiver.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
        }
        finally {
            $connection.Dispose()
            $receiver.Shell.Dispose()
        }
    }

    It 'cannot be received: <what> is <id>' -ForEach @(
        @{ what = 'a path that is there'; at = { $null = New-Item "$TestDrive/taken" -Force; "$TestDrive/taken" }; id = 'PathTaken'; category = 'ResourceExists' }
        @{ what = 'a folder that is not there'; at = { "$TestDrive/no/such/s" }; id = 'InvalidPath'; category = 'InvalidArgument' }
        @{ what = 'a path that is too long'; at = { "$TestDrive/$('x' * 120)" }; id = 'InvalidPath'; category = 'InvalidArgument' }
    ) {
        $place = & $at
        $failure = Get-Failure { Receive-SockmapSocket $place }
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.ReceiveSockmapSocketCommand"
        $failure.CategoryInfo.Category | Should -Be $category
        $failure.TargetObject | Should -Be $place
        if ($id -eq 'PathTaken') { $place | Should -Exist }
    }

    It 'cannot be sent: <what> is <id>' -ForEach @(
        @{ what = 'nobody who listens'; at = { $path }; id = 'NobodyListens'; category = 'ConnectionError' }
        @{ what = 'a file'; at = { $null = New-Item "$TestDrive/file" -Force; "$TestDrive/file" }; id = 'NobodyListens'; category = 'ConnectionError' }
        @{ what = 'a path that is too long'; at = { "$TestDrive/$('x' * 120)" }; id = 'InvalidPath'; category = 'InvalidArgument' }
    ) {
        $place = & $at
        $failure = Get-Failure { Send-SockmapSocket $place $client }
        $failure.FullyQualifiedErrorId | Should -Be "$id,SockmapPS.Commands.SendSockmapSocketCommand"
        $failure.CategoryInfo.Category | Should -Be $category
        $failure.TargetObject | Should -Be $place
    }

    It 'that are none are an error each, and the others are sent' {
        $receiver = Open-Receiver $path
        $file = [IO.File]::OpenHandle('/etc/hostname')
        $closed = [Net.Sockets.TcpClient]::new()
        $closed.Dispose()
        try {
            $file, $closed, $client | Send-SockmapSocket $path -ErrorAction SilentlyContinue -ErrorVariable failures
        }
        finally {
            $file.Dispose()
        }
        $failures.FullyQualifiedErrorId | Should -Be ('NotASocket,SockmapPS.Commands.SendSockmapSocketCommand', 'DescriptorClosed,SockmapPS.Commands.SendSockmapSocketCommand')
        $sockets = @(Close-Receiver $receiver)
        $sockets | Should -HaveCount 1
        $sockets.Dispose()
    }
}

Describe 'A connection that is handed over by another process' -Skip:$notRoot {
    It 'is added' {
        $sandbox = Open-Sandbox
        try {
            $peer = Open-Peer $sandbox
            Invoke-Peer $peer 'echo 5 64'
            $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
            Install-SockmapBypass @there -Cgroup $sandbox.Cgroup -MaxEntries 64
            $receiver = Open-Receiver "$TestDrive/s"
            Invoke-Peer $peer "send $TestDrive/s"
            $socket = @(Close-Receiver $receiver)[0]
            $entries = $socket | Add-SockmapEntry @there -PassThru
            $entries.LocalPort | Sort-Object | Should -Be ($peer.ServerPort, $peer.ClientPort | Sort-Object)
            $entries.Where({ $_.LocalPort -eq $peer.ServerPort }).ProcessId | Should -Be ($peer.Process.Id, $PID | Sort-Object)
            Invoke-Peer $peer 'echo 20 64'
            $socket.Dispose()
            Invoke-Peer $peer 'echo 20 64'
            (Get-SockmapEntry @there).Path | Should -Be ('Redirected', 'Redirected')
        }
        finally {
            Close-Sandbox $sandbox
        }
    }
}
