using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ChunkUpload.Core.Checks;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Checks;

/// <summary>
/// Runs a program for each upload, without a shell. Exit code 0 accepts, 1 refuses with the first line of the output, any other is no
/// verdict. The program gets the bytes on its standard input, or the path of a copy. Values that a client has chosen are passed in its
/// environment, never as arguments.
/// </summary>
internal sealed class CommandChecker : IUploadChecker
{
    private const string FilePlace = "{file}";

    private const int MostOutput = 4096;

    private readonly string[] _command;
    private readonly IChunkStore _store;
    private readonly Lazy<string> _copies;

    public CommandChecker(IOptions<CheckOptions> options, IOptions<DataOptions> data, IChunkStore store)
    {
        _command = options.Value.Command;
        _store = store;
        _copies = new(() => EmptyFolder(Path.Combine(data.Value.Directory, "checks")));
    }

    public async Task<CheckVerdict> CheckAsync(Upload upload, CheckedContent content, CancellationToken cancellationToken)
    {
        if (!Array.Exists(_command, argument => argument.Contains(FilePlace, StringComparison.Ordinal)))
            return await RunAsync(_command[1..], upload, content, cancellationToken);
        if (!_store.HasRoomFor(Math.Max(1, content.Size)))
            return CheckVerdict.NoRoomForCopy;
        var copy = Path.Combine(_copies.Value, Guid.NewGuid().ToString("n"));
        try
        {
            await using (var file = new FileStream(copy, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            }))
            {
                await content.CopyToAsync((block, stop) => file.WriteAsync(block, stop), cancellationToken);
            }

            var arguments = _command[1..].Select(argument => argument.Replace(FilePlace, copy, StringComparison.Ordinal));
            return await RunAsync([.. arguments], upload, null, cancellationToken);
        }
        catch (IOException reason)
        {
            return CheckVerdict.NotCopied(reason.Message);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    // Removes the copies that a killed process left behind.
    private static string EmptyFolder(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        _ = Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.GetFullPath(folder);
    }

    private async Task<CheckVerdict> RunAsync(
        string[] arguments, Upload upload, CheckedContent? input, CancellationToken cancellationToken)
    {
        using var process = Start(arguments, upload, out var fault);
        if (process is null)
            return CheckVerdict.NotRun(_command[0], fault!);
        try
        {
            var output = BeginningAsync(process.StandardOutput.BaseStream, cancellationToken);
            var errors = BeginningAsync(process.StandardError.BaseStream, cancellationToken);
            await FeedAsync(process.StandardInput.BaseStream, input, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            var said = FirstLine(await output);
            return process.ExitCode switch
            {
                0 => CheckVerdict.Accepted,
                1 => CheckVerdict.Refused(said),
                var code => CheckVerdict.Ended(_command[0], code, FirstLine(await errors) ?? said),
            };
        }
        finally
        {
            // The program still runs when its time limit has passed or the service stops.
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private Process? Start(string[] arguments, Upload upload, out string? fault)
    {
        var start = new ProcessStartInfo(_command[0], arguments)
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The service's own variables may contain secrets.
        start.Environment.Clear();
        foreach (var (name, value) in ((string, string?)[])
                 [
                     ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"), ("LC_ALL", "C.UTF-8"), ("UPLOAD_ID", upload.Id.ToString()),
                     ("UPLOAD_NAME", upload.FileName), ("UPLOAD_TYPE", upload.ContentType), ("UPLOAD_TENANT", upload.Tenant),
                     ("UPLOAD_OWNER", upload.Subject), ("UPLOAD_SHA256", (upload.Sha256 ?? upload.DeclaredSha256)?.ToString()),
                     ("UPLOAD_SIZE", upload.ReceivedBytes.ToString(CultureInfo.InvariantCulture)),
                 ])
        {
            // A variable cannot contain NUL.
            start.Environment[name] = (value ?? "").Replace('\0', '\uFFFD');
        }

        fault = null;
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception reason)
        {
            fault = reason.Message;
            return null;
        }
    }

    private static async Task FeedAsync(Stream stdin, CheckedContent? input, CancellationToken cancellationToken)
    {
        try
        {
            await using (stdin)
            {
                if (input is not null)
                    await input.CopyToAsync(stdin.WriteAsync, cancellationToken);
            }
        }
        catch (IOException)
        {
            // The program has stopped reading; its exit code is the verdict.
        }
    }

    /// <summary>Reads to the end, so that the program never blocks on a full pipe, and keeps the beginning.</summary>
    private static async Task<byte[]> BeginningAsync(Stream stream, CancellationToken cancellationToken)
    {
        var kept = new byte[MostOutput];
        var rest = new byte[MostOutput];
        var length = await stream.ReadAtLeastAsync(kept, kept.Length, throwOnEndOfStream: false, cancellationToken);
        while (await stream.ReadAsync(rest, cancellationToken) > 0)
        {
        }

        return kept[..length];
    }

    private static string? FirstLine(byte[] output) =>
        Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .FirstOrDefault();
}
