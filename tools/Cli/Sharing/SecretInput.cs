using System.Text;

namespace ChunkUpload.Cli.Sharing;

/// <summary>Reads a secret, which has no place on a command line: other users of the machine see those.</summary>
internal static class SecretInput
{
    /// <summary>From the terminal without showing it, or the first line of standard input.</summary>
    public static async Task<string> ReadAsync(string question, Output output, CancellationToken stop)
    {
        var secret = Console.IsInputRedirected ? await Console.In.ReadLineAsync(stop) : Typed(question, output);
        return string.IsNullOrEmpty(secret)
            ? throw new UsageException("No password was given.")
            : secret;
    }

    private static string Typed(string question, Output output)
    {
        Console.Error.Write(question);
        var secret = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace)
                _ = char.IsControl(key.KeyChar) ? secret : secret.Append(key.KeyChar);
            else if (secret.Length > 0)
                secret.Length--;
        }

        output.Note("");
        return secret.ToString();
    }
}
