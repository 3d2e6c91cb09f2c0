using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.S3;
using ChunkUpload.Infrastructure.Storage.S3;

namespace ChunkUpload.Tests.Support;

/// <summary>An emulated S3 store with a bucket, and the calls with which a test connects to it.</summary>
internal sealed class S3Rig : IAsyncDisposable
{
    public const string Bucket = "box";
    public const int Part = 5 << 20;

    private readonly S3Emulator _emulator;

    private S3Rig(S3Emulator emulator, EmulatorHost host) => (_emulator, Host) = (emulator, host);

    public EmulatorHost Host { get; }

    /// <summary>The access key of the first account.</summary>
    public static (string Id, string Secret) Key => S3Signature.KeyOf(EmulatorOptions.UsualAccounts[0]);

    public static Dictionary<string, string> Settings => new()
    {
        ["Connections:AllowPrivateNetworks"] = "true",
        ["Transfers:PieceSize"] = "5MiB",
    };

    public int OpenUploads => _emulator.OpenUploads;

    public static async Task<S3Rig> StartAsync(bool versioning = false)
    {
        var emulator = new S3Emulator();
        var rig = new S3Rig(emulator, await EmulatorHost.StartAsync(emulator, new EmulatorOptions()));
        _ = await rig.Host.SeedAsync(new { bucket = Bucket, versioning });
        return rig;
    }

    /// <summary>The settings with which a service keeps files in the bucket.</summary>
    public BucketOptions Options => new()
    {
        Bucket = Bucket,
        Folder = "files of/main",
        Endpoint = Host.Address,
        AccessKeyId = Key.Id,
        SecretAccessKey = Key.Secret,
    };

    /// <summary>The same at an address where nothing listens.</summary>
    public BucketOptions NoAnswer
    {
        get
        {
            var options = Options;
            options.Endpoint = "http://127.0.0.1:1";
            return options;
        }
    }

    public BucketClient Client(BucketOptions? options = null)
    {
        options ??= Options;
        return new BucketClient(options.Settings, options.Key, TimeProvider.System);
    }

    public int Fail(FaultAction action, string method, string path = "", int nth = 1, int times = 1) =>
        Host.Faults.Add(new FaultMatch { Method = method, PathRegex = path, Nth = nth, Times = times }, action).Id;

    public Task SeedAsync(params object[] objects) => Host.SeedAsync(new { bucket = Bucket, objects });

    public static object Object(string key, byte[] bytes, DateTimeOffset? modified = null) => new
    {
        key,
        base64 = Convert.ToBase64String(bytes),
        metadata = modified is { } time ? new Dictionary<string, string> { ["mtime"] = $"{time.ToUnixTimeSeconds()}" } : null,
    };

    public Task<HttpResponseMessage> AddAsync(
        HttpClient service, string? bucket = Bucket, string? prefix = null, string? region = null, string? id = null, string? secret = null,
        string? endpoint = null) => service.PostAsJsonAsync(
            "/api/connections",
            new
            {
                kind = "s3",
                title = "Box",
                endpoint = endpoint ?? Host.Address,
                bucket,
                prefix,
                region,
                accessKeyId = id ?? Key.Id,
                secretAccessKey = secret ?? Key.Secret,
            });

    public async Task<string> ConnectAsync(HttpClient service, string? bucket = Bucket, string? prefix = null)
    {
        using var answer = await AddAsync(service, bucket, prefix);
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    /// <summary>Returns the objects below a prefix, by the rest of their keys, with their SHA-256.</summary>
    public async Task<IReadOnlyList<(string Path, string Sha256)>> FilesAsync(string prefix = "") =>
        [.. (await _emulator.ObjectsAsync(Bucket)).Where(one => one.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(one => (one.Key[prefix.Length..], one.Sha256)).Order()];

    public async Task<S3Object> FindAsync(string key) =>
        (await _emulator.ObjectsAsync(Bucket)).Single(one => one.Key == key).Object;

    public IReadOnlyList<JournalEntry> Calls(string operation) =>
        [.. Host.Journal.Entries.Where(one => one.Operation == operation)];

    public static async Task<IReadOnlyList<JsonElement>> ItemsAsync(HttpClient service, string transfer)
    {
        var page = await service.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/items?limit=200");
        return [.. page.GetProperty("items").EnumerateArray()];
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
