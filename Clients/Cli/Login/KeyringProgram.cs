using System.Diagnostics;

namespace ChunkUpload.Cli.Login;

/// <summary>Runs the program of a keyring, which gets secrets by its standard input: others see command lines.</summary>
internal static class KeyringProgram
{
    // A keyring that is locked asks the person.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>No code: there is no such program.</returns>
    public static (int? Code, string Output, string Fault) Run(string program, string[] arguments, string? input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var fault = process.StandardError.ReadToEndAsync();
            if (input is not null)
                process.StandardInput.Write(input);
            process.StandardInput.Close();
            if (!process.WaitForExit(Patience))
            {
                process.Kill();
                return (-1, "", "it did not answer");
            }

            return (process.ExitCode, output.Result, fault.Result.Trim().Split('\n')[0]);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "", "");
        }
        catch (IOException)
        {
            // It ended before it had read the key.
            return (-1, "", "");
        }
    }

    public static string Why(string program, int? code, string fault) =>
        code is null ? $"{program} is not installed" : $"no keyring answers{(fault.Length > 0 ? $": {fault}" : "")}";
}
