using System.Reflection;

namespace ChunkUpload.Api.Hosting;

/// <summary>The text printed when the service is ready: its addresses, and a first upload to paste.</summary>
internal static class Banner
{
    /// <summary>Tools and tests wait for this text; the address follows it.</summary>
    public const string ReadyWords = "is ready:";

    public static string Version { get; } =
        typeof(Banner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>
    /// Gets the command with which users run verbs: the one in the environment, set by the installed package, the script of a checkout, or
    /// the program itself.
    /// </summary>
    public static string Command { get; } = Environment.GetEnvironmentVariable("CHUNKUPLOAD_COMMAND") is { Length: > 0 } name
        ? name
        : Checkout() is null ? "./ChunkUpload.Api" : "tools/run";

    /// <param name="addresses">The addresses that the service listens on, with the actual ports.</param>
    /// <param name="keyFile">Null when no key is needed.</param>
    /// <param name="certificateFile">The self-signed certificate, which clients must be told to trust; null for any other.</param>
    /// <param name="signInLink">Null if no key is needed, or if the text is written to a log.</param>
    /// <param name="needsOperator">Whether the operator key is still the only way to sign in as an operator.</param>
    public static string Text(
        IReadOnlyCollection<string> addresses, string dataDirectory, string? keyFile, string sampleFile, string? certificateFile = null,
        string? signInLink = null, bool needsOperator = false)
    {
        var address = Reachable(addresses.First());
        var key = keyFile is null ? "" : $"-H \"Authorization: Bearer $(cat {Quoted(keyFile)})\" ";
        var people = needsOperator ? $"\n  people        none yet; the first: {Command} users add NAME --operator" : "";
        var signIn = signInLink is not null ? $"\n  sign in       {signInLink} (once, within 15 minutes)"
            : keyFile is not null ? $"\n  sign in       {Command} signin-link prints a link" : "";
        var trust = certificateFile is null ? "" : $"--cacert {Quoted(certificateFile)} ";
        return $"""
            ChunkUpload {Version} {ReadyWords} {address}
              listens on    {string.Join(", ", addresses)}
              data          {dataDirectory}
              operator key  {keyFile ?? "not needed (Access:Mode=Open)"}
              console       {address}/{signIn}{people}
              Swagger       {address}/swagger
              health        {address}/health/ready
              stop          Ctrl-C or SIGTERM
              upload a file, from another terminal:
            curl -T {Quoted(sampleFile)} {trust}{key}{address}/api/files/
            """;
    }

    /// <summary>Returns a small file without secrets: the README of the checkout, or that of the installed documents.</summary>
    public static string SampleFile() => Path.Combine(Checkout() ?? Path.Combine(AppContext.BaseDirectory, "documents"), "README.md");

    /// <summary>Returns an address to paste: a wildcard address becomes the loopback address.</summary>
    public static string Reachable(string address)
    {
        var parsed = BindingAddress.Parse(address);
        var host = parsed.Host is "0.0.0.0" or "[::]" or "*" or "+" ? "127.0.0.1" : parsed.Host;
        return $"{parsed.Scheme}://{host}:{parsed.Port}";
    }

    /// <summary>Quotes a text for the shell: within single quotes only the quote itself is special.</summary>
    public static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>Returns the folder of the checkout that the program was built in; <c>null</c> if it runs elsewhere.</summary>
    private static string? Checkout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "README.md")) && File.Exists(Path.Combine(folder.FullName, "ChunkUpload.sln")))
                return folder.FullName;
        }

        return null;
    }
}
