#!/usr/bin/env bash
# Stages the module and runs the Pester suite on it in a real PowerShell 7.6 or later.
#   tests/SockmapPS.Tests/run.sh [part of the tests' full names, with wildcards]
#   SOCKMAPPS_PWSH     the PowerShell; pwsh on PATH where it is not set
#   SOCKMAPPS_PESTER   path of a Pester.psd1; the newest Pester 5 or 6 on the module path where it is not set
# The last line is "pester: N passed, N failed, N skipped". Where PowerShell or Pester is missing every test counts as
# skipped.
set -euo pipefail
cd "$(dirname "$0")"

skip() {
	echo "tests/SockmapPS.Tests: SKIPPED, no cmdlet was tested: $1" >&2
	echo "pester: 0 passed, 0 failed, $(cat ./*.Tests.ps1 | grep -cE "^[[:space:]]*It '") skipped"
	exit 0
}

pwsh=${SOCKMAPPS_PWSH:-$(command -v pwsh || true)}
[ -n "$pwsh" ] || skip "there is no pwsh on PATH, and SOCKMAPPS_PWSH is not set."
export NO_COLOR=1 POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off
"$pwsh" -NoProfile -NonInteractive -Command 'exit $(if ($PSVersionTable.PSVersion -ge [version] "7.6") { 0 } else { 3 })' \
	|| skip "$pwsh does not run, or is older than PowerShell 7.6."
pester=${SOCKMAPPS_PESTER:-$("$pwsh" -NoProfile -NonInteractive -Command \
	'(Get-Module -ListAvailable Pester | Where-Object { $_.Version.Major -in 5, 6 } | Sort-Object Version)[-1].Path' 2>/dev/null || true)}
[ -f "$pester" ] || skip "$pwsh has no Pester 5 or 6 on its module path, and SOCKMAPPS_PESTER names none."

# Away from out/, whose module a session may be using.
staged=$(mktemp -d)
trap 'rm -rf "$staged"' EXIT
chmod 0755 "$staged"
../../module/stage.sh "$staged" >/dev/null
"$pwsh" -NoProfile -NonInteractive -File ./Invoke-Suite.ps1 -Module "$staged/SockmapPS/SockmapPS.psd1" -Pester "$pester" "$@"
