using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChunkUpload.Bench.Peers.Buckets;

/// <summary>One request that the emulated storage has answered.</summary>
internal sealed record BucketRequest(long Number, DateTimeOffset At, string Method);

/// <summary>
/// A storage that speaks S3: the emulator as a process of its own, or the one that <c>CHUNKUPLOAD_S3_STORE</c> names (address, key, secret
/// and bucket, separated by spaces).
/// </summary>
internal sealed class BucketServer : IAsyncDisposable
{
    private const string Variable = "CHUNKUPLOAD_S3_STORE";
    private const string EmulatedBucket = "box";

    private readonly HttpClient _client = new();
    private readonly Process? _process;
    private long _last;

    private BucketServer(Process? process) => _process = process;

    public string Url { get; private set; } = "";

    public string KeyId { get; private set; } = "";

    public string Secret { get; private set; } = "";

    public string Bucket { get; private set; } = EmulatedBucket;

    /// <summary>Gets a value that indicates whether the storage tells which requests it has answered.</summary>
    public bool CountsRequests => _process is not null;

    /// <param name="data">Where the emulator stores what it receives.</param>
    public static async Task<BucketServer> StartAsync(BenchOptions options, string data, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return named.Split(' ') is [var url, var key, var secret, var bucket]
                ? new BucketServer(null) { Url = url, KeyId = key, Secret = secret, Bucket = bucket }
                : throw new BenchException($"{Variable} must have an address, a key, a secret and a bucket, separated by spaces.");
        }

        _ = Directory.CreateDirectory(data);
        var program = Path.Combine(options.Root, "tools/Emulators/bin/Release/net10.0/ChunkUpload.Emulators.dll");
        var server = new BucketServer(Process.Start(
            new ProcessStartInfo("dotnet", [program, "s3", "--urls", "http://127.0.0.1:0", "--data", data])
            {
                RedirectStandardOutput = true,
            })!);
        try
        {
            var line = await server._process!.StandardOutput.ReadLineAsync(cancellationToken)
                ?? throw new BenchException("The emulator of S3 ended before it served.");
            server.Url = line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            var keys = await server._client.GetFromJsonAsync<JsonElement>($"{server.Url}/_control/s3/keys", cancellationToken);
            server.KeyId = keys[0].GetProperty("id").GetString()!;
            server.Secret = keys[0].GetProperty("secret").GetString()!;
            using var seeded = await server._client.PostAsJsonAsync(
                $"{server.Url}/_control/seed", new { bucket = EmulatedBucket }, cancellationToken);
            _ = seeded.EnsureSuccessStatusCode();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings of services that receive into a folder of the bucket.</summary>
    public string[] Settings(string folder) =>
    [
        $"--Storage:S3:Bucket={Bucket}", $"--Storage:S3:Folder={folder}-{Environment.ProcessId}", $"--Storage:S3:Endpoint={Url}",
        $"--Storage:S3:AccessKeyId={KeyId}", $"--Storage:S3:SecretAccessKey={Secret}", "--Storage:S3:Receive=true",
    ];

    /// <summary>Returns the requests since the last call. A storage that does not count them returns none.</summary>
    public async Task<IReadOnlyList<BucketRequest>> NewRequestsAsync(CancellationToken cancellationToken)
    {
        if (!CountsRequests)
            return [];
        var requests = await _client.GetFromJsonAsync<List<BucketRequest>>($"{Url}/_control/journal?after={_last}", cancellationToken);
        if (requests is [.., var last])
            _last = last.Number;
        return requests!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        _client.Dispose();
    }
}
