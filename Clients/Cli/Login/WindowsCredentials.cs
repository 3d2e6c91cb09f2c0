using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace ChunkUpload.Cli.Login;

/// <summary>The credentials that Windows keeps for a user (Credential Manager).</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsCredentials : IKeyring
{
    private const int Generic = 1;
    private const int OfThisMachine = 2;
    private const int NotFound = 1168;

    public string Name => "the Credential Manager of Windows";

    public string? Store(string profile, Uri service, string key)
    {
        var secret = Marshal.StringToCoTaskMemUni(key);
        try
        {
            var credential = new Credential
            {
                Flags = 0,
                Type = Generic,
                TargetName = Item(profile, service),
                Comment = null,
                LastWritten = 0,
                SecretSize = Encoding.Unicode.GetByteCount(key),
                Secret = secret,
                Persist = OfThisMachine,
                AttributeCount = 0,
                Attributes = 0,
                TargetAlias = null,
                UserName = profile,
            };
            return CredWrite(ref credential, 0) ? null : Sentence();
        }
        finally
        {
            Marshal.ZeroFreeCoTaskMemUnicode(secret);
        }
    }

    public (string? Key, string Fault) Find(string profile, Uri service)
    {
        if (!CredRead(Item(profile, service), Generic, 0, out var found))
            return (null, Marshal.GetLastPInvokeError() == NotFound ? "" : Sentence());
        try
        {
            var credential = Marshal.PtrToStructure<Credential>(found);
            return (Marshal.PtrToStringUni(credential.Secret, credential.SecretSize / sizeof(char)), "");
        }
        finally
        {
            CredFree(found);
        }
    }

    public void Forget(string profile, Uri service) => _ = CredDelete(Item(profile, service), Generic, 0);

    public string? Fault() => null;

    private static string Item(string profile, Uri service) => $"chunkupload {service.AbsoluteUri} {profile}";

    private static string Sentence() => $"Windows does not keep it: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}";

    [DllImport("advapi32.dll", EntryPoint = "CredWriteW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool CredWrite(ref Credential credential, int flags);

    [DllImport("advapi32.dll", EntryPoint = "CredReadW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool CredRead(string target, int type, int flags, out nint credential);

    [DllImport("advapi32.dll", EntryPoint = "CredDeleteW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool CredDelete(string target, int type, int flags);

    [DllImport("advapi32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern void CredFree(nint buffer);

    /// <summary>CREDENTIALW.</summary>
    [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
    private struct Credential
    {
        public int Flags;
        public int Type;
        public string TargetName;
        public string? Comment;
        public long LastWritten;
        public int SecretSize;
        public nint Secret;
        public int Persist;
        public int AttributeCount;
        public nint Attributes;
        public string? TargetAlias;
        public string? UserName;
    }
}
