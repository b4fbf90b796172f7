@echo off
rem Run every check and test on Windows; arguments go to pytest.
setlocal
set "version="
for %%v in (3.11 3.12) do if not defined version py -%%v -c "pass" >nul 2>nul && set "version=%%v"
if not defined version (
    echo FstMuse needs Python 3.11 or 3.12; get one from https://www.python.org/downloads/ 1>&2
    exit /b 1
)
py -%version% "%~dp0bootstrap.py" test %*
exit /b %ERRORLEVEL%
