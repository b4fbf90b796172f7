@echo off
rem Run every check and test on Windows; arguments go to pytest.
setlocal
for %%v in (3.11 3.12) do (
    py -%%v -c "pass" >nul 2>nul && (
        py -%%v "%~dp0bootstrap.py" test %*
        exit /b
    )
)
echo FstMuse needs Python 3.11 or 3.12; get one from https://www.python.org/downloads/ 1>&2
exit /b 1
