using System.ComponentModel;
using System.Diagnostics;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>One run of a program, as another user where one is named, and what it said.</summary>
internal sealed record Command(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last thing that it complained about.</summary>
    public string Complaint =>
        Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
            ?? $"exit code {ExitCode}";

    public static async Task<Command> RunAsync(
        string file, IEnumerable<string> arguments, Account? account, CancellationToken cancellationToken)
    {
        using var process = Start(file, arguments, account);
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

    /// <summary>All three standard streams are pipes, so that a terminal is neither read nor reconfigured by the child.</summary>
    public static Process Start(string file, IEnumerable<string> arguments, Account? account)
    {
        // The service's own folder may be closed to the other user, and PG* variables would change what the programs do.
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
