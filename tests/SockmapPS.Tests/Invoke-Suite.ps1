<#
.SYNOPSIS
    Runs the Pester suite on a staged module; run.sh calls it.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Pester,
    # Part of the full names of the tests to run.
    [string] $Filter = '*'
)

$ErrorActionPreference = 'Stop'
Import-Module $Pester
$env:SOCKMAPPS_MODULE = $Module
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Filter.FullName = $Filter
$configuration.Output.Verbosity = 'Detailed'
$result = Invoke-Pester -Configuration $configuration
# A file that does not even load, or a BeforeAll that fails, must not pass for a suite without faults.
$broken = $result.FailedBlocksCount + $result.FailedContainersCount
$failed = $result.FailedCount -gt 0 ? $result.FailedCount : $broken
[Console]::Out.WriteLine("Pester $((Get-Module Pester).Version) in PowerShell $($PSVersionTable.PSVersion)")
[Console]::Out.WriteLine("pester: $($result.PassedCount) passed, $failed failed, $($result.SkippedCount) skipped")
exit [int]($failed -gt 0 -or $result.PassedCount -eq 0)
