using System.Diagnostics;

namespace ChunkUpload.FaultLab.Run;

/// <summary>Runs programs of the system.</summary>
internal static class Shell
{
    /// <summary>The program's standard output.</summary>
    /// <exception cref="LabException">The program does not exist or did not exit with 0.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var (code, output, error) = await TryAsync(program, arguments, cancellationToken);
        return code == 0
            ? output
            : throw new LabException($"{program} {string.Join(' ', arguments)} ended with code {code}: {(error + output).Trim()}");
    }

    public static async Task<(int Code, string Output, string Error)> TryAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Begin(program, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await error);
    }

    public static Process Begin(string program, IEnumerable<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new LabException($"{program} is missing here: {e.Message}", e);
        }
    }
}
