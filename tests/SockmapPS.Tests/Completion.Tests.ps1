BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
}

Describe 'The Tab key' {
    It 'offers the families and variants that can be' {
        (Get-Completion 'Install-SockmapBypass -Family ').CompletionText | Should -Be ('Any', 'IPv4', 'IPv6')
        (Get-Completion 'Install-SockmapBypass -Variant ').CompletionText | Should -Be ('Exact', 'Probing')
    }

    It 'offers no files for a name, and no error, where nothing can be listed' {
        Get-Completion "Remove-SockmapBypass -BpfFileSystem $TestDrive -Name " | Should -BeNullOrEmpty
    }

    It 'offers no files for a cgroup that is not there' {
        Get-Completion 'Install-SockmapBypass -Cgroup /sys/fs/cgroup/no-such-cgroup/' | Should -BeNullOrEmpty
    }
}

Describe 'The Tab key, with cgroups and bypasses of the test' -Skip:$notRoot {
    BeforeAll {
        $sandbox = Open-Sandbox
        foreach ($child in 'plain.slice', 'with space', "with'quote", 'dev\x2ddisk') {
            $null = [IO.Directory]::CreateDirectory("$($sandbox.Cgroup)/$child")
        }
        $common = @{ BpfFileSystem = $sandbox.BpfFileSystem; Cgroup = $sandbox.Cgroup; MaxEntries = 16 }
        Install-SockmapBypass web1 @common
        Install-SockmapBypass web2 @common -Port 80
        $at = "-BpfFileSystem $($sandbox.BpfFileSystem)"
    }

    AfterAll {
        if (Test-Path variable:sandbox) { Close-Sandbox $sandbox }
    }

    It 'offers the bypasses to <_>' -ForEach 'Get-SockmapBypass', 'Remove-SockmapBypass', 'Install-SockmapBypass', 'Get-SockmapEntry' {
        (Get-Completion "$_ $at ").CompletionText | Should -Be ('web1', 'web2')
    }

    It 'offers those that begin with what was typed' {
        (Get-Completion "Get-SockmapBypass $at -Name WEB2").CompletionText | Should -Be 'web2'
        Get-Completion "Get-SockmapBypass $at -Name x" | Should -BeNullOrEmpty
    }

    It 'keeps the quotes that were typed' {
        (Get-Completion "Get-SockmapBypass $at -Name 'web2").CompletionText | Should -Be "'web2'"
    }

    It 'tells the state of a bypass' {
        (Get-Completion "Get-SockmapBypass $at -Name web1").ToolTip | Should -Be "Active, 0 sockets, $($sandbox.Cgroup)"
    }

    It 'offers the cgroups below, quoted where needed' {
        $offers = (Get-Completion "Install-SockmapBypass -Cgroup $($sandbox.Cgroup)/").CompletionText
        $offers | Should -Contain "$($sandbox.Cgroup)/plain.slice"
        $offers | Should -Contain "'$($sandbox.Cgroup)/with space'"
        $offers | Should -Contain "'$($sandbox.Cgroup)/with''quote'"
        $offers | Should -Contain "$($sandbox.Cgroup)/dev\x2ddisk"
        $offers | Should -HaveCount 4
    }

    It 'goes on within quotes' {
        (Get-Completion "Install-SockmapBypass -Cgroup '$($sandbox.Cgroup)/with s").CompletionText |
            Should -Be "'$($sandbox.Cgroup)/with space'"
        (Get-Completion "Test-SockmapSupport '$($sandbox.Cgroup)/with''q").CompletionText |
            Should -Be "'$($sandbox.Cgroup)/with''quote'"
    }
}
