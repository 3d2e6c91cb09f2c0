using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace ChunkUpload.Cli;

/// <summary>Asks for a secret at the terminal, without showing it, also where standard input is something else.</summary>
internal static class TerminalSecret
{
    private const string Terminal = "/dev/tty";

    private static readonly PosixSignal[] Endings = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    /// <returns>Null if there is no terminal.</returns>
    public static string? Ask(string question)
    {
        if (!Console.IsInputRedirected)
            return ByKeys(question);
        if (OperatingSystem.IsWindows())
            return null;
        try
        {
            using var terminal = new FileStream(
                Terminal, new FileStreamOptions { Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, BufferSize = 0 });
            return ByLine(terminal, question);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string ByKeys(string question)
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

        Console.Error.WriteLine();
        return secret.ToString();
    }

    private static string? ByLine(FileStream terminal, string question)
    {
        if (!Show(false))
            return null;
        // Ctrl-C must not leave a terminal that shows nothing.
        var endings = Endings.Select(ending => PosixSignalRegistration.Create(ending, _ => Show(true))).ToList();
        try
        {
            terminal.Write(Encoding.UTF8.GetBytes(question));
            var line = new List<byte>();
            for (int letter; (letter = terminal.ReadByte()) is not (-1 or '\n');)
                line.Add((byte)letter);
            terminal.Write("\n"u8);
            return Encoding.UTF8.GetString([.. line]);
        }
        finally
        {
            _ = Show(true);
            endings.ForEach(ending => ending.Dispose());
        }
    }

    /// <returns>False if the terminal cannot hide what is typed.</returns>
    private static bool Show(bool shows)
    {
        try
        {
            using var setting = Process.Start("/bin/sh", ["-c", $"stty {(shows ? "echo" : "-echo")} <{Terminal}"]);
            setting.WaitForExit();
            return setting.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
