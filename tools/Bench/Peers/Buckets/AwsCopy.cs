using System.Diagnostics;
using ChunkUpload.Bench.Transfers;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers.Buckets;

/// <summary><c>aws s3 cp</c> of a file with its defaults: parts of 8 MiB, ten at a time.</summary>
internal static class AwsCopy
{
    public static async Task<Run> RunAsync(BucketServer bucket, string file, CancellationToken cancellationToken)
    {
        await using var group = ControlGroup.Create();
        var start = GroupedProcess.StartInfo(
            group, "aws", "--endpoint-url", bucket.Url, "s3", "cp", "--only-show-errors", file, $"s3://{bucket.Bucket}/aws/file");
        start.RedirectStandardError = true;
        // The machine's own settings must not count here.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("AWS_", StringComparison.Ordinal)).ToList())
            _ = start.Environment.Remove(name);
        foreach (var (name, value) in ((string, string)[])
        [
            ("AWS_ACCESS_KEY_ID", bucket.KeyId), ("AWS_SECRET_ACCESS_KEY", bucket.Secret), ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"), ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
            start.Environment[name] = value;
        var began = TimeProvider.System.GetTimestamp();
        using var process = Process.Start(start)!;
        var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        if (process.ExitCode != 0)
            throw new BenchException($"aws s3 cp: {errors}");
        var (user, system) = group.CpuSeconds();
        return new Run(seconds, user + system);
    }
}
