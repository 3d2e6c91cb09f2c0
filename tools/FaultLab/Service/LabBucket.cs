using System.Diagnostics;
using System.Net.Http.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.S3;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>The S3 emulator of tools/Emulators as a process, with one bucket.</summary>
internal sealed class LabBucket
{
    private const string Name = "lab";

    private readonly Process _process;

    private LabBucket(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public static async Task<LabBucket> StartAsync(LabRun run, CancellationToken cancellationToken)
    {
        var process = Shell.Begin("dotnet", [Environment.GetCommandLineArgs()[0], "emulator", "s3", "--data", run.MakeFolder("bucket")]);
        run.Later(async () =>
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        });
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        if (await process.StandardOutput.ReadLineAsync(cancellationToken) is not { } line
            || !Uri.TryCreate(line.Split(' ')[^1], UriKind.Absolute, out var address))
            throw new LabException("The S3 emulator did not start.");
        using var http = new HttpClient { BaseAddress = address };
        using var seeded = await http.PostAsJsonAsync("/_control/seed", new { bucket = Name }, cancellationToken);
        _ = seeded.EnsureSuccessStatusCode();
        return new LabBucket(process, address.Port);
    }

    /// <summary>Returns the settings of a service that receives into the bucket.</summary>
    /// <param name="port">The port at which the service reaches the emulator.</param>
    public static IEnumerable<string> SettingsAt(int port)
    {
        var (id, secret) = S3Signature.KeyOf(EmulatorOptions.UsualAccounts[0]);
        return
        [
            $"--Storage:S3:Bucket={Name}", $"--Storage:S3:Endpoint=http://127.0.0.1:{port}", $"--Storage:S3:AccessKeyId={id}",
            $"--Storage:S3:SecretAccessKey={secret}", "--Storage:S3:Receive=true",
        ];
    }

    public void Signal(int signal) => Processes.Signal(_process.Id, signal);
}
