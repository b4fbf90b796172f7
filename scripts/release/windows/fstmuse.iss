; The installer for Windows: iscc /DVERSION=0.1.0 scripts\release\windows\fstmuse.iss
; takes dist\fstmuse, which scripts\build_app.py has made. Needs no administrator.
#ifndef VERSION
  #error Name the version: iscc /DVERSION=0.1.0
#endif
#define Root "..\..\.."

[Setup]
AppId={{5B0B8C0E-3D0C-4B53-9E0C-7B8F7C9A2F41}
AppName=FstMuse
AppVersion={#VERSION}
AppPublisher=The FstMuse authors
DefaultDirName={autopf}\FstMuse
DefaultGroupName=FstMuse
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
LicenseFile={#Root}\LICENSE
OutputDir={#Root}\dist
OutputBaseFilename=fstmuse-{#VERSION}-windows-x86_64-setup
UninstallDisplayIcon={app}\fstmuse-window.exe
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
ChangesAssociations=yes
ChangesEnvironment=yes
CloseApplications=yes

[Tasks]
Name: desktopicon; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: path; Description: "Add the command fstmuse to PATH"; Flags: unchecked

[Files]
Source: "{#Root}\dist\fstmuse\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[InstallDelete]
; Of an older version: what is not there any more must not be found.
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{group}\FstMuse"; Filename: "{app}\fstmuse-window.exe"; AppUserModelID: "FstMuse.FstMuse"
Name: "{autodesktop}\FstMuse"; Filename: "{app}\fstmuse-window.exe"; AppUserModelID: "FstMuse.FstMuse"; Tasks: desktopicon

[Registry]
; "Open with" for music and folders; nothing that is opened with another program today changes.
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "FstMuse"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\shell\open\command"; ValueType: string; ValueData: """{app}\fstmuse-window.exe"" gui ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".mp3"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".wav"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".flac"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".ogg"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".opus"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".aiff"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".m4a"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\fstmuse-window.exe\SupportedTypes"; ValueType: string; ValueName: ".wma"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Directory\shell\FstMuse"; ValueType: string; ValueData: "Open with FstMuse"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Directory\shell\FstMuse"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\fstmuse-window.exe"
Root: HKA; Subkey: "Software\Classes\Directory\shell\FstMuse\command"; ValueType: string; ValueData: """{app}\fstmuse-window.exe"" gui ""%1"""
Root: HKA; Subkey: "Software\Classes\.fstmuse"; ValueType: string; ValueData: "FstMuse.Model"; Flags: uninsdeletevalue uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\FstMuse.Model"; ValueType: string; ValueData: "FstMuse model"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\FstMuse.Model\shell\open\command"; ValueType: string; ValueData: """{app}\fstmuse-window.exe"" gui ""%1"""

[Run]
Filename: "{app}\fstmuse-window.exe"; Description: "{cm:LaunchProgram,FstMuse}"; Flags: nowait postinstall skipifsilent

[Code]
// PATH is written here and not in [Registry], whose uninstaller could only delete it whole.

// PATH of the user, or of all users where it is installed for all.
function PathRoot: Integer;
begin
  if IsAdminInstallMode then
    Result := HKLM
  else
    Result := HKCU;
end;

function PathKey: String;
begin
  if IsAdminInstallMode then
    Result := 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
  else
    Result := 'Environment';
end;

// The folders of Path but for Folder; the others as they were.
function WithoutFolder(Path, Folder: String): String;
var
  Entry: String;
  Cut: Integer;
  IsFirst: Boolean;
begin
  Result := '';
  IsFirst := True;
  Path := Path + ';';
  while Path <> '' do
  begin
    Cut := Pos(';', Path);
    Entry := Copy(Path, 1, Cut - 1);
    Delete(Path, 1, Cut);
    if CompareText(RemoveBackslash(Entry), RemoveBackslash(Folder)) <> 0 then
    begin
      if not IsFirst then
        Result := Result + ';';
      Result := Result + Entry;
      IsFirst := False;
    end;
  end;
end;

// Takes the app's folder out of PATH, and puts it at the end if it belongs there.
procedure WritePath(IsWanted: Boolean);
var
  Before, After, Folder: String;
begin
  Folder := ExpandConstant('{app}');
  if not RegQueryStringValue(PathRoot, PathKey, 'Path', Before) then
    Before := '';
  After := WithoutFolder(Before, Folder);
  if IsWanted then
  begin
    if (After <> '') and (After[Length(After)] <> ';') then
      After := After + ';';
    After := After + Folder;
  end;
  if After = Before then
    Exit;
  if After = '' then
    RegDeleteValue(PathRoot, PathKey, 'Path')
  else
    RegWriteExpandStringValue(PathRoot, PathKey, 'Path', After);
end;

procedure CurStepChanged(CurStep: TSetupStep);
begin
  if (CurStep = ssPostInstall) and WizardIsTaskSelected('path') then
    WritePath(True);
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
begin
  if CurUninstallStep = usPostUninstall then
    WritePath(False);
end;
