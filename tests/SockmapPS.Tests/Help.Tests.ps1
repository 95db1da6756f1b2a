BeforeDiscovery {
    $exported = 'Add-BpfAttachment', 'Add-BpfPin', 'Add-SockmapEntry', 'Add-SockmapPolicyRule', 'Clear-BpfMap',
    'Export-SockmapMeasurement', 'Get-BpfAttachment', 'Get-BpfBtf', 'Get-BpfLink', 'Get-BpfMap', 'Get-BpfMapEntry',
    'Get-BpfPin', 'Get-BpfProgram', 'Get-BpfProgramInstruction', 'Get-SockmapBypass', 'Get-SockmapCandidate',
    'Get-SockmapEntry', 'Get-SockmapPolicy', 'Get-SockmapPolicyRule', 'Get-SockmapProxy', 'Get-SockmapRedirect',
    'Get-SockmapStatistics', 'Import-BpfObject', 'Install-SockmapBypass', 'Lock-BpfMap', 'Measure-SockmapBypass',
    'New-BpfMap', 'New-SockmapPolicy', 'New-SockmapRedirect', 'Receive-SockmapSocket', 'Remove-BpfAttachment',
    'Remove-BpfMapEntry', 'Remove-BpfPin', 'Remove-SockmapBypass', 'Remove-SockmapEntry', 'Remove-SockmapPolicy',
    'Remove-SockmapPolicyRule', 'Remove-SockmapRedirect', 'Send-SockmapSocket', 'Set-BpfMapEntry',
    'Set-SockmapPolicy', 'Start-SockmapProxy', 'Stop-SockmapProxy', 'Test-SockmapBypass', 'Test-SockmapRedirect',
    'Test-SockmapSupport', 'Watch-SockmapEvent'
}

BeforeAll {
    . "$PSScriptRoot/Common.ps1"
    $common = [Management.Automation.Internal.CommonParameters].GetProperties().Name + 'ProgressAction'
}

Describe 'Help' {
    It 'in the module is what the pages in docs/ make' {
        $made = Join-Path $TestDrive 'help.xml'
        & "$Top/module/ConvertTo-Maml.ps1" -Destination $made
        Get-Content -Raw "$Top/module/en-US/SockmapPS.dll-Help.xml" |
            Should -BeExactly (Get-Content -Raw $made) -Because 'module/ConvertTo-Maml.ps1 is to be run after a change of docs/'
    }

    It 'has a page for each cmdlet and for nothing else' {
        (Get-ChildItem "$Top/docs/*-*.md").BaseName | Should -Be (Get-Command -Module SockmapPS | Sort-Object Name).Name
    }

    It 'of <_> has words and examples that call it' -ForEach $exported {
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Match '\.$'
        "$($help.Description.Text)".Length | Should -BeGreaterThan 100
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
        foreach ($example in $help.examples.example) {
            $example.code | Should -BeLike "*$_*"
            "$($example.remarks.Text)".Trim() | Should -Not -BeNullOrEmpty
        }
    }

    It 'of <_> has examples that parse and name only parameters that are' -ForEach $exported {
        foreach ($example in (Get-Help $_ -Full).examples.example) {
            $errors = $null
            $code = $example.code -replace '(?m)^PS> '
            $ast = [Management.Automation.Language.Parser]::ParseInput($code, [ref] $null, [ref] $errors)
            $errors | Should -BeNullOrEmpty
            foreach ($call in $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
                $command = Get-Command $call.GetCommandName()
                foreach ($element in $call.CommandElements.Where({ $_ -is [Management.Automation.Language.CommandParameterAst] })) {
                    { $command.ResolveParameter($element.ParameterName) } | Should -Not -Throw
                }
            }
        }
    }

    It 'of <_> agrees with its parameters' -ForEach $exported {
        $documented = @((Get-Help $_ -Full).parameters.parameter)
        $actual = (Get-Command $_).Parameters.Values | Where-Object Name -NotIn $common
        $documented.name | Sort-Object | Should -Be ($actual.Name | Sort-Object)
        foreach ($parameter in $actual) {
            $page = $documented | Where-Object name -EQ $parameter.Name
            $attribute = $parameter.Attributes.Where({ $_ -is [Parameter] })[0]
            $type = [Nullable]::GetUnderlyingType($parameter.ParameterType) ?? $parameter.ParameterType
            $because = "of -$($parameter.Name)"
            $page.type.name | Should -Be $type.Name -Because $because
            $page.required | Should -Be "$($attribute.Mandatory)" -Because $because
            $page.position | Should -Be ($attribute.Position -lt 0 ? 'named' : "$($attribute.Position)") -Because $because
            $pipeline = $attribute.ValueFromPipelineByPropertyName ? 'True (ByPropertyName)' : $attribute.ValueFromPipeline ? 'True (ByValue)' : 'False'
            $page.pipelineInput | Should -Be $pipeline -Because $because
            $page.aliases | Should -Be ($parameter.Aliases.Count ? $parameter.Aliases -join ', ' : 'none') -Because $because
            $page.globbing | Should -Be "$(@($parameter.Attributes.Where({ $_ -is [Management.Automation.SupportsWildcardsAttribute] })).Count -gt 0)" -Because $because
            "$($page.description.Text)".Trim() | Should -Match '\.$' -Because $because
        }
    }

    It 'of <_> has the syntax that PowerShell has' -ForEach $exported {
        $page = Get-Content -Raw "$Top/docs/$_.md"
        $page -match '(?s)## SYNTAX\s+```\n(.*?)\n```' | Should -BeTrue
        ($Matches[1] -replace '\s+', ' ').Trim() | Should -Be ((Get-Command $_ -Syntax) -replace '\s+', ' ').Trim()
    }

    It 'about_SockmapPS is found' {
        Get-Help about_SockmapPS | Out-String | Should -BeLike '*Install-SockmapBypass -Cgroup /sys/fs/cgroup/unified*'
    }
}
