#!/usr/bin/env bash
# Lays the module out so that PowerShell can import it: out/SockmapPS/SockmapPS.psd1. Needs the .NET SDK only.
#   module/stage.sh [folder]     the folder to put SockmapPS/ in; out/ where none is given
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
parent=${1:-$top/out}
mkdir -p "$parent"
staging=$(mktemp -d "$parent/.SockmapPS.XXXXXX")
trap 'rm -rf "$staging"' EXIT
chmod 0755 "$staging"

# Compiled ahead of time for this machine: without that, the first listing of a session takes a quarter longer. The
# compiler is two more packages to restore, once (170 MB on disk); where they cannot be had the module is what the SDK
# alone makes. Apart from bin/ and obj/, where a restore for one runtime would undo the others'.
project=$top/src/SockmapPS
options=(--artifacts-path "$top/out/.artifacts")
ahead=(--use-current-runtime -p:PublishReadyToRun=true -p:SelfContained=false -p:DisableTransitiveFrameworkReferenceDownloads=true)
if dotnet restore "$project" "${options[@]}" "${ahead[@]}" --verbosity quiet >"$staging/restore" 2>&1; then
	options+=("${ahead[@]}" --no-restore)
else
	cat "$staging/restore" >&2
	echo "module/stage.sh: the compiler for code ahead of time cannot be restored, so that the module's first calls are slower." >&2
fi
rm "$staging/restore"
dotnet publish "$project" "${options[@]}" --configuration Release --output "$staging/bin/net10.0" --nologo --verbosity quiet >&2
# Nobody reads the XML docs of a module; PowerShell's own assembly must not lie beside it.
rm -f "$staging"/bin/net10.0/*.xml
if [ -e "$staging/bin/net10.0/System.Management.Automation.dll" ]; then
	echo "System.Management.Automation.dll was published with the module; check src/SockmapPS/SockmapPS.csproj." >&2
	exit 1
fi

cp "$top/SockmapPS.psd1" "$top"/module/*.Format.ps1xml "$top/LICENSE" "$staging/"
cp -r "$top/module/en-US" "$staging/"
rm -rf "$parent/SockmapPS"
mv "$staging" "$parent/SockmapPS"
echo "$parent/SockmapPS/SockmapPS.psd1"
