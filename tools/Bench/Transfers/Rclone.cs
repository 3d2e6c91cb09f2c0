using System.Diagnostics;
using System.Text.Json;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Transfers;

/// <summary>rclone between the same two storages, with as many files at once and its pacer opened.</summary>
internal sealed class Rclone(Storages storages, string folder)
{
    public async Task<Run> CopyAsync(string source, string destination, CancellationToken cancellationToken)
    {
        var token = JsonSerializer.Serialize(new
        {
            access_token = "tok-ann",
            token_type = "Bearer",
            refresh_token = "x",
            expiry = "2099-01-01T00:00:00Z",
        });
        var settings = Path.Combine(folder, "rclone.conf");
        await File.WriteAllTextAsync(settings, $"""
            [drive]
            type = drive
            scope = drive
            token = {token}
            [s3]
            type = s3
            provider = Other
            endpoint = {storages.S3Url}
            access_key_id = {storages.KeyId}
            secret_access_key = {storages.KeySecret}
            no_check_bucket = true

            """, cancellationToken);
        await using var group = ControlGroup.Create();
        var start = GroupedProcess.StartInfo(
            group, "rclone", "--config", settings, "--ca-cert", storages.Certificate, "--transfers", "8", "--checkers", "8",
            "--drive-pacer-min-sleep", "1ms", "--drive-pacer-burst", "10000", "copy", source, destination);
        start.RedirectStandardError = true;
        // What the machine says about Amazon's keys and certificates must not count here.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToList())
            _ = start.Environment.Remove(name);
        var began = TimeProvider.System.GetTimestamp();
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        if (process.ExitCode != 0)
            throw new BenchException($"rclone: {errors}");
        var (user, system) = group.CpuSeconds();
        return new Run(seconds, user + system);
    }
}
