using System.Text;

namespace ChunkUpload.Cli.Login;

/// <summary>The keychain of macOS, by the system's program.</summary>
internal sealed class MacKeychain(string program = "security") : IKeyring
{
    private const int NotFound = 44;

    public string Name => "your keychain";

    public string? Store(string profile, Uri service, string key)
    {
        // As a line of input, because others see command lines; in hexadecimal digits, because the line has quotes of its own.
        var secret = Convert.ToHexString(Encoding.UTF8.GetBytes(key));
        var line = $"add-generic-password -U -a {Quoted(profile)} -s {Quoted(Item(service))} -X {secret}\n";
        var (code, _, fault) = KeyringProgram.Run(program, ["-i"], line);
        return code == 0 ? null : KeyringProgram.Why(program, code, fault);
    }

    public (string? Key, string Fault) Find(string profile, Uri service)
    {
        var (code, key, fault) = KeyringProgram.Run(
            program, ["find-generic-password", "-a", profile, "-s", Item(service), "-w"], null);
        return code == 0 && key.TrimEnd('\n') is { Length: > 0 } found ? (found, "") : (null, fault);
    }

    public void Forget(string profile, Uri service) =>
        _ = KeyringProgram.Run(program, ["delete-generic-password", "-a", profile, "-s", Item(service)], null);

    public string? Fault()
    {
        var (code, _, fault) = KeyringProgram.Run(program, ["find-generic-password", "-a", "", "-s", "chunkupload none"], null);
        return code is 0 or NotFound ? null : KeyringProgram.Why(program, code, fault);
    }

    private static string Item(Uri service) => $"chunkupload {service.AbsoluteUri}";

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
