# From a fresh clone to a proven environment in one command:
#   powershell -ExecutionPolicy Bypass -File scripts\bootstrap.ps1 [-- arguments of `gpuenv install`]
# gpuenv gets an environment of its own (.gpuenv-tool in the checkout), with uv, through pip as it is configured here.
# Then `gpuenv install --target auto --venv .venv` makes .venv in the current folder, or mends it.
# Needs a Python >= 3.10 ($env:PYTHON chooses one) and the network. Runs in Windows PowerShell 5.1 and PowerShell 7.

$ErrorActionPreference = 'Stop'

$root = Split-Path -Parent $PSScriptRoot
$tool = Join-Path $root '.gpuenv-tool'
$toolPython = Join-Path $tool 'Scripts\python.exe'
if (-not ($env:OS -eq 'Windows_NT')) { $toolPython = Join-Path $tool 'bin/python' }

# Runs a program quietly and tells whether it ended with 0. A program that is not there counts as no. The messages of
# native programs on stderr are no errors of this script, so they must not meet ErrorActionPreference 'Stop'.
function Test-Program([string] $Program, [string[]] $Arguments) {
    if (-not (Get-Command $Program -CommandType Application -ErrorAction SilentlyContinue)) { return $false }
    $previous = $ErrorActionPreference
    $ErrorActionPreference = 'SilentlyContinue'
    try { & $Program @Arguments 2>&1 | Out-Null } catch { return $false } finally { $ErrorActionPreference = $previous }
    return $LASTEXITCODE -eq 0
}

# Runs a program with its output shown, and ends this script where the program fails.
function Invoke-Program([string] $Program, [string[]] $Arguments) {
    $previous = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'
    & $Program @Arguments
    $code = $LASTEXITCODE
    $ErrorActionPreference = $previous
    if ($code -ne 0) { exit $code }
}

function Stop-Here([string] $Message) {
    [Console]::Error.WriteLine("error: $Message")
    exit 1
}

# Makes the environment, with pip, from the first Python >= 3.10 that can. The `python` of a Windows without Python
# only opens the Store: it fails the test of the version, like one that is too old.
function New-Environment {
    $candidates = @(
        @{ Program = $env:PYTHON; Before = @() },
        @{ Program = 'py'; Before = @('-3') },
        @{ Program = 'python'; Before = @() },
        @{ Program = 'python3'; Before = @() }
    )
    $seen = $null
    foreach ($candidate in $candidates) {
        $program = $candidate.Program
        [string[]] $before = $candidate.Before
        if (-not $program) { continue }
        if (-not (Test-Program $program ($before + @('-c', 'import sys; sys.exit(sys.version_info < (3, 10))')))) { continue }
        $seen = $program
        if (Test-Program $program ($before + @('-c', 'import ensurepip, venv; ensurepip.version()'))) {
            Invoke-Program $program ($before + @('-m', 'venv', '--clear', $tool))
            return
        }
        if (Test-Program $program ($before + @('-c', 'import pip, venv'))) {
            Invoke-Program $program ($before + @('-m', 'venv', '--clear', '--without-pip', $tool))
            # Double quotes inside an argument get lost on the way to a native program in Windows PowerShell.
            $site = & $toolPython -c "import sysconfig; print(sysconfig.get_path('purelib'))"
            Invoke-Program $program ($before + @('-m', 'pip', 'install', '--quiet', '--target', $site, 'pip'))
            return
        }
    }
    if ($seen -and (Get-Command uv -CommandType Application -ErrorAction SilentlyContinue)) {
        Invoke-Program 'uv' @('venv', '--quiet', '--clear', '--seed', '--python', $seen, $tool)
        return
    }
    if ($seen) { Stop-Here "$seen has neither ensurepip nor pip; install a whole Python: winget install -e --id Python.Python.3.12" }
    Stop-Here 'no Python 3.10 or newer was found; install one: winget install -e --id Python.Python.3.12'
}

# One that was filled from this very pyproject.toml, in this place, is kept; any other is made anew.
$mark = Join-Path $tool '.made-from'
$fingerprint = $root + ' ' + (Get-FileHash -Algorithm SHA256 -Path (Join-Path $root 'pyproject.toml')).Hash
$isCurrent = (Test-Path $mark) -and ((Get-Content -Path $mark -TotalCount 1 -Encoding UTF8) -eq $fingerprint)
if (-not ($isCurrent -and (Test-Program $toolPython @('-c', 'pass')))) {
    [Console]::Error.WriteLine("making $tool ...")
    # pip refuses --user in an environment, whoever has set that for everything else.
    $pipUser = $env:PIP_USER
    $env:PIP_USER = '0'
    New-Environment
    # A folder that ignores itself needs no line in anybody's .gitignore.
    Set-Content -Path (Join-Path $tool '.gitignore') -Value '*' -Encoding Ascii
    Invoke-Program $toolPython @('-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--editable', $root)
    $env:PIP_USER = $pipUser
    Set-Content -Path $mark -Value $fingerprint -Encoding UTF8
}

[string[]] $given = @($args)
if ($given.Count -gt 0 -and $given[0] -eq '--') { $given = @($given | Select-Object -Skip 1) }
$ErrorActionPreference = 'Continue'
& $toolPython -m gpuenv install --target auto --venv .venv @given
exit $LASTEXITCODE
