using System.ComponentModel;
using System.Diagnostics;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>The result of one run of a program, as another user if one is given.</summary>
internal sealed record Command(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last line of its error output.</summary>
    public string Complaint =>
        Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
            ?? $"exit code {ExitCode}";

    public static async Task<Command> RunAsync(
        string file, IEnumerable<string> arguments, Account? account, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(file, arguments, account, environment);
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new Command(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>
    /// Starts the program. All three standard streams are pipes, so that the child neither reads nor reconfigures a terminal.
    /// </summary>
    public static Process Start(
        string file, IEnumerable<string> arguments, Account? account, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The other user may not be able to enter the service's working directory, and PG* variables would change what the programs do.
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        if (account is not null)
            start.UserName = account.Name;

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception reason)
        {
            throw new StartRefusedException($"{file} cannot be run{(account is null ? "" : " as user " + account.Name)} "
                + $"({reason.Message.TrimEnd('.')}): make it executable for that user, or set ConnectionStrings:Ledger to a server of "
                    + $"your own.", reason);
        }
    }
}
