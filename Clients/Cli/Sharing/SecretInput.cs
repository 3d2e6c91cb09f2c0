namespace ChunkUpload.Cli.Sharing;

/// <summary>Reads a secret, which has no place on a command line: other users of the machine see those.</summary>
internal static class SecretInput
{
    /// <summary>From the terminal without showing it, or the first line of standard input.</summary>
    public static async Task<string> ReadAsync(string question, CancellationToken stop)
    {
        var secret = Console.IsInputRedirected ? await Console.In.ReadLineAsync(stop) : TerminalSecret.Ask(question);
        return string.IsNullOrEmpty(secret)
            ? throw new UsageException("No password was given.")
            : secret;
    }
}
