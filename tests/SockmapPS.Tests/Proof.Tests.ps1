BeforeDiscovery {
    $notRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
}

Describe 'Test-SockmapBypass' -Skip:$notRoot {
    BeforeEach {
        $sandbox = Open-Sandbox
        $there = @{ BpfFileSystem = $sandbox.BpfFileSystem }
        $here = $there + @{ Cgroup = $sandbox.Cgroup; MaxEntries = 64 }
    }

    AfterEach {
        Close-Sandbox $sandbox
    }

    It 'is True for a bypass that works, and leaves nothing' {
        Install-SockmapBypass @here
        $cgroup = [IO.File]::ReadAllText('/proc/self/cgroup')
        Test-SockmapBypass @there | Should -BeExactly $true
        [IO.File]::ReadAllText('/proc/self/cgroup') | Should -Be $cgroup
        [IO.Directory]::GetDirectories($sandbox.Cgroup) | Should -BeNullOrEmpty
        [IO.Directory]::GetDirectories((Get-CgroupRoot), "sockmap-proof-$PID-*") | Should -BeNullOrEmpty
        Get-ChildItem /proc -Directory | Where-Object { $_.Name -match '^\d+$' -and (Get-Content "$_/status" -ErrorAction Ignore) -contains "PPid:`t$PID" } |
            ForEach-Object { Get-Content "$_/comm" } | Should -Not -Contain 'pwsh'
        Get-SockmapEntry @there | Should -BeNullOrEmpty
    }

    It 'with -Detailed tells what it saw' {
        Install-SockmapBypass @here
        $result = Test-SockmapBypass @there -Detailed
        $result | Should -BeOfType ([Sockmap.Proof.ProofResult])
        $result.Passed | Should -BeTrue
        $result.Bypass | Should -Be 'default'
        $result.BytesSent | Should -BeGreaterThan 500000
        $result.BytesRedirected, $result.OutsideBytesSent, $result.OutsideBytesOverTcp | Should -Be (@($result.BytesSent) * 3)
        $result.BytesOverTcp, $result.OutsideBytesRedirected | Should -Be (0, 0)
        $result.Cgroup | Should -BeLike "$($sandbox.Cgroup)/*"
        $result.OutsideCgroup | Should -Not -BeLike "$($sandbox.Cgroup)/*"
        $result.Finding.Name | Should -Be ('Inside.BypassIsActive', 'Inside.InMap', 'Inside.BytesRedirected', 'Inside.TcpInfo',
            'Inside.BytesMatch', 'Outside.NotInMap', 'Outside.TcpInfo', 'Outside.BytesMatch')
        (Get-SockmapBypass @there).BytesRedirected | Should -Be $result.BytesRedirected
        $result | Out-String -Width 120 | Should -BeLike '*default*True*skipped TCP*'
    }

    It 'is False, and -Detailed says why, where the slot was emptied behind its back' {
        Install-SockmapBypass @here
        Remove-BpfMapEntry -Path "$($sandbox.BpfFileSystem)/sockmapps/default/slot" -Key 0 -Confirm:$false
        Test-SockmapBypass @there | Should -BeExactly $false
        $result = Test-SockmapBypass @there -Detailed
        $result.Passed | Should -BeFalse
        $result.Summary | Should -BeLike "Bypass 'default' does not work: *slot is empty*"
        $result.BytesOverTcp | Should -Be $result.BytesSent
    }

    It 'takes names from the pipeline, and wildcards' {
        Install-SockmapBypass web1 @here -Port 40000-40100
        Install-SockmapBypass web2 @here -Port 41000-41100
        Get-SockmapBypass @there | Test-SockmapBypass | Should -Be ($true, $true)
        (Test-SockmapBypass 'w*' @there -Detailed).Bypass | Should -Be ('web1', 'web2')
        Test-SockmapBypass 'x*' @there | Should -BeNullOrEmpty
    }

    It 'tells each finding as a verbose line' {
        Install-SockmapBypass @here
        $lines = Test-SockmapBypass @there -Verbose 4>&1
        $lines[-1] | Should -BeTrue
        "$lines" | Should -BeLike '*Inside.BytesRedirected: yes. *'
    }

    It 'has errors of its own where nothing can be told' {
        (Get-Failure { Test-SockmapBypass nosuch @there }).FullyQualifiedErrorId |
            Should -Be 'BypassNotFound,SockmapPS.Commands.TestSockmapBypassCommand'
        Install-SockmapBypass @here -Address 203.0.113.0/24
        $failure = Get-Failure { Test-SockmapBypass @there }
        $failure.FullyQualifiedErrorId | Should -Be 'BypassNotProvable,SockmapPS.Commands.TestSockmapBypassCommand'
        $failure.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $failure.TargetObject | Should -Be 'default'
    }

    It 'has no contrast on the root of the hierarchy without filters, and passes' {
        Invoke-Isolated $sandbox @'
            Import-Module SockmapPS
            Install-SockmapBypass -Cgroup /sys/fs/cgroup
            $result = Test-SockmapBypass -Detailed
            "$($result.Passed) $($result.Finding[-1].Name) '$($result.Finding[-1].Passed)' $($result.OutsideBytesSent)"
'@ | Should -Be "True Outside.Contrast '' 0`n"
    }
}
