namespace ChunkUpload.Cli.Login;

/// <summary>The keyring of the desktop, by libsecret's program.</summary>
internal sealed class LinuxKeyring : IKeyring
{
    private const string Program = "secret-tool";
    private const string Application = "chunkupload";

    public string Name => $"the system's keyring (by {Program})";

    public string? Store(string profile, Uri service, string key)
    {
        var (code, _, fault) = KeyringProgram.Run(
            Program, ["store", "--label", $"ChunkUpload: {service}", .. Names(profile, service)], key);
        return code == 0 ? null : KeyringProgram.Why(Program, code, fault);
    }

    public (string? Key, string Fault) Find(string profile, Uri service)
    {
        var (code, key, fault) = KeyringProgram.Run(Program, ["lookup", .. Names(profile, service)], null);
        return (code == 0 && key.Length > 0 ? key : null, fault);
    }

    public void Forget(string profile, Uri service) => _ = KeyringProgram.Run(Program, ["clear", .. Names(profile, service)], null);

    public string? Fault()
    {
        // A keyring that answers has no such secret, and says nothing.
        var (code, _, fault) = KeyringProgram.Run(Program, ["lookup", "application", Application, "profile", ""], null);
        return code == 1 && fault.Length == 0 ? null : KeyringProgram.Why(Program, code, fault);
    }

    private static string[] Names(string profile, Uri service) =>
        ["application", Application, "service", service.AbsoluteUri, "profile", profile];
}
