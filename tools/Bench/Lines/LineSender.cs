using System.Diagnostics;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Lines;

/// <summary>A program that sends one file to a service behind a bad network, and repeats what fails.</summary>
internal sealed record LineSender(string Name, Func<BenchOptions, ServiceProcess, LineUpload, ProcessStartInfo> Start)
{
    private const string Silence = "15";

    public static LineSender Cu { get; } = new(
        "cu", (options, service, upload) => StartCu(options, service, upload, "up", upload.File, "--to", upload.Name));

    public static LineSender CuGet { get; } = new(
        "cu get", (options, service, file) => StartCu(options, service, file, "get", file.Name, "-o", file.File));

    public static LineSender Tus { get; } = new("tus-js-client", (options, service, upload) =>
    {
        var script = Path.Combine(options.Root, "tools", "Bench", "Lines", "tus-js.mjs");
        string[] arguments = [script, Path.Combine(options.Root, "tools", "Examples"), $"{upload.Address}files", upload.File];
        var start = new ProcessStartInfo("node", arguments);
        start.Environment["TUS_KEY"] = service.Key;
        return start;
    });

    public static LineSender Curl { get; } = new("curl", (_, service, upload) => new ProcessStartInfo("curl",
    [
        "--silent", "--show-error", "--fail", "--upload-file", upload.File, "--header", $"Authorization: Bearer {service.Key}",
        "--retry", "1000", "--retry-all-errors", "--retry-delay", "1", "--speed-limit", "1", "--speed-time", Silence,
        $"{upload.Address}api/tree/{upload.Name}",
    ]));

    private static ProcessStartInfo StartCu(BenchOptions options, ServiceProcess service, LineUpload upload, params string[] verb)
    {
        string[] arguments =
        [
            Path.Combine(options.Root, "artifacts", "cu", "cu.dll"), .. verb, "--url", upload.Address.AbsoluteUri, "--key-file",
            Path.Combine(service.DataDirectory, "operator.key"), "--json",
        ];
        var start = new ProcessStartInfo("dotnet", arguments);
        start.Environment["XDG_STATE_HOME"] = start.Environment["XDG_CONFIG_HOME"] = upload.Folder;
        return start;
    }

    /// <returns>The seconds that it took; null if it was stopped at the limit.</returns>
    public async Task<double?> RunAsync(
        BenchOptions options, ServiceProcess service, LineUpload upload, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = Start(options, service, upload);
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        foreach (var name in (string[])["CU_URL", "CU_KEY", "CU_KEY_FILE", "CU_PROFILE"])
            _ = start.Environment.Remove(name);
        var began = TimeProvider.System.GetTimestamp();
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(
            cancellationToken));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }

        return process.ExitCode == 0
            ? TimeProvider.System.GetElapsedTime(began).TotalSeconds
            : throw new BenchException($"{Name} ended with code {process.ExitCode}: {await output}{await errors}");
    }
}

/// <summary>What is sent, and through which address.</summary>
/// <param name="Folder">The sender may keep its state here.</param>
internal sealed record LineUpload(string File, string Name, Uri Address, string Folder);
