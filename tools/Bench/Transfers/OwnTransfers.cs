using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Transfers;

/// <summary>The service with connections to both storages.</summary>
internal sealed class OwnTransfers : IAsyncDisposable
{
    // Each look costs the service some processor time.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    // Records after the last answer belong to the price.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly ControlGroup _group;
    private readonly HttpClient _client;
    private readonly Storages _storages;
    private string _drive = "";

    private OwnTransfers(ServiceProcess service, ControlGroup group, Storages storages)
    {
        (Service, _group, _storages) = (service, group, storages);
        _client = new HttpClient { BaseAddress = service.Address };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
    }

    public ServiceProcess Service { get; }

    public static async Task<OwnTransfers> StartAsync(
        BenchOptions options, string data, Storages storages, CancellationToken cancellationToken)
    {
        var group = ControlGroup.Create();
        var with = options with
        {
            Settings =
            [
                "--Connections:AllowPrivateNetworks=true", "--Connections:Google:ClientId=bench", "--Connections:Google:ClientSecret=bench",
                "--Connections:Google:AccountLimit=0", "--Connections:Google:AppLimit=0",
                .. options.Settings,
            ],
        };
        var own = new OwnTransfers(await ServiceProcess.StartAsync(with, data, cancellationToken, group), group, storages);
        own._drive = await own.IdAsync(
            "/api/connections",
            new { kind = "google-drive", title = "Drive", refreshToken = await storages.SignInAsync(cancellationToken) },
            cancellationToken);
        return own;
    }

    /// <summary>A folder of Drive into S3, below a prefix of its own.</summary>
    public async Task<Run> FromDriveAsync(string folder, string prefix, CancellationToken cancellationToken) =>
        await RunAsync(_drive, [folder], await S3Async(prefix, cancellationToken), "root", cancellationToken);

    /// <summary>Single files of a folder of Drive, each by a transfer of its own, at the same time.</summary>
    public async Task<Run> EachFromDriveAsync(string folder, string prefix, CancellationToken cancellationToken)
    {
        var s3 = await S3Async(prefix, cancellationToken);
        var page = await _client.GetFromJsonAsync<JsonElement>($"/api/connections/{_drive}/items?folder={folder}", cancellationToken);
        var files = page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!).ToList();
        var runs = await Task.WhenAll(files.Select(file => RunAsync(_drive, [file], s3, "root", cancellationToken)));
        return new Run(runs.Max(run => run.Seconds), runs.Max(run => run.Cpu));
    }

    /// <summary>A folder of S3 into the root of Drive.</summary>
    public async Task<Run> ToDriveAsync(string folder, CancellationToken cancellationToken) => await RunAsync(
        await S3Async("", cancellationToken), [$"{Storages.Bucket}/{folder}/"], _drive, "root", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Service.DisposeAsync();
        await _group.DisposeAsync();
    }

    private Task<string> S3Async(string prefix, CancellationToken cancellationToken) => IdAsync(
        "/api/connections",
        new
        {
            kind = "s3",
            title = $"S3 {prefix}",
            endpoint = _storages.S3Url,
            bucket = Storages.Bucket,
            prefix = prefix.Length > 0 ? prefix : null,
            accessKeyId = _storages.KeyId,
            secretAccessKey = _storages.KeySecret,
        },
        cancellationToken);

    private async Task<Run> RunAsync(string source, string[] items, string destination, string folder, CancellationToken cancellationToken)
    {
        var before = Cpu();
        var id = await IdAsync(
            "/api/transfers", new { source = new { connection = source, items }, destination = new { connection = destination, folder } },
            cancellationToken);
        JsonElement now;
        do
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            now = await _client.GetFromJsonAsync<JsonElement>($"/api/transfers/{id}", cancellationToken);
        }
        while (now.GetProperty("endedAt").ValueKind == JsonValueKind.Null);
        if (now.GetProperty("state").GetString() != "done" || now.GetProperty("files").GetProperty("skipped").GetInt64() > 0)
            throw new BenchException($"A transfer ended otherwise: {now}");
        // The time as the service has it: looking for the end costs up to a fifth of a second.
        var seconds = (now.GetProperty("endedAt").GetDateTimeOffset() - now.GetProperty("createdAt").GetDateTimeOffset()).TotalSeconds;
        await Task.Delay(Rest, TimeProvider.System, cancellationToken);
        return new Run(seconds, Cpu() - before);
    }

    private double Cpu()
    {
        var (user, system) = _group.CpuSeconds();
        return user + system;
    }

    private async Task<string> IdAsync(string path, object body, CancellationToken cancellationToken)
    {
        using var answer = await _client.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode
            ? JsonElement.Parse(text).GetProperty("id").GetString()!
            : throw new BenchException($"{path}: {text}");
    }
}

/// <param name="Cpu">Processor seconds, of the database too.</param>
internal readonly record struct Run(double Seconds, double Cpu);
