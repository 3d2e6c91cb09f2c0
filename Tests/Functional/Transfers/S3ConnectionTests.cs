using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Connections to S3: what is refused, with which sentence, and that the secret is nowhere.</summary>
public sealed class S3ConnectionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private S3Rig _rig = null!;
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await S3Rig.StartAsync();
        _ = await _rig.Host.SeedAsync(new { bucket = "far-away", region = "eu-west-3" });
        _ = await _rig.Host.SeedAsync(new { bucket = "bens", account = "ben@example.test" });
        _service = await TestService.StartAsync(postgres, S3Rig.Settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task What_cannot_work_is_refused_with_what_to_do_and_nothing_is_kept()
    {
        await RefusedAsync("does not know the access key", _rig.AddAsync(Client, id: "AKIANOSUCHKEY"));
        await RefusedAsync("secret does not belong", _rig.AddAsync(Client, secret: "wrong"));
        await RefusedAsync("no bucket of this name", _rig.AddAsync(Client, bucket: "nobodys"));
        await RefusedAsync("may not do this", _rig.AddAsync(Client, bucket: "bens"));
        await RefusedAsync("region eu-west-3", _rig.AddAsync(Client, bucket: "far-away"));
        _rig.Host.Switches.Set("redirects", true);
        await RefusedAsync("region eu-west-3", _rig.AddAsync(Client, bucket: "far-away"));
        _rig.Host.Switches.Set("expiredKeys", true);
        await RefusedAsync("time that is over", _rig.AddAsync(Client));
        _rig.Host.Switches.Set("expiredKeys", false);
        Assert.Empty((await Client.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("items").EnumerateArray());
        using var right = await _rig.AddAsync(Client, bucket: "far-away", region: "eu-west-3");
        await TransferRig.ReadAsync(right, 201);
    }

    [Theory]
    [InlineData("region", "endpoint", "")]
    [InlineData("endpoint", "endpoint", "ftp://example.org")]
    [InlineData("endpoint", "endpoint", "https://user:pass@example.org")]
    [InlineData("endpoint", "endpoint", "https://example.org/path")]
    [InlineData("region", "region", "EU west")]
    [InlineData("bucket", "bucket", "a/b")]
    [InlineData("prefix", "prefix", "a/../b")]
    [InlineData("prefix", "prefix", "a//b")]
    [InlineData("accessKeyId", "accessKeyId", "")]
    [InlineData("takes no region", "kind", "onedrive")]
    public async Task Wrong_fields_are_named(string said, string field, string value)
    {
        var body = new Dictionary<string, string?>
        {
            ["kind"] = "s3",
            ["endpoint"] = _rig.Host.Address,
            ["region"] = "us-east-1",
            ["bucket"] = S3Rig.Bucket,
            ["accessKeyId"] = S3Rig.Key.Id,
            ["secretAccessKey"] = S3Rig.Key.Secret,
        };
        body[field] = value.Length == 0 ? null : value;
        if (field == "endpoint" && value.Length == 0)
            body["region"] = null;
        if (field == "kind")
        {
            foreach (var name in new[] { "accessKeyId", "secretAccessKey", "endpoint", "bucket" })
                body.Remove(name);
            body["refreshToken"] = "x";
        }

        using var answer = await Client.PostAsJsonAsync("/api/connections", body.Where(pair => pair.Value is not null).ToDictionary());
        var text = (await TransferRig.ReadAsync(answer, 400)).ToString();
        if (field != "kind")
            Assert.Contains(said, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Buckets_are_the_places_and_folders_are_listed_level_by_level()
    {
        await _rig.SeedAsync(S3Rig.Object("a/b/c.txt", [1]), S3Rig.Object("a/d.txt", [1, 2]), S3Rig.Object("e.txt", []));
        var all = await _rig.ConnectAsync(Client, bucket: null);
        Assert.Equal(["box", "far-away"], await NamesAsync(all, ""));
        Assert.Equal(["a", "e.txt"], await NamesAsync(all, "box/"));
        Assert.Equal(["b", "d.txt"], await NamesAsync(all, "box/a/"));
        var one = await _rig.ConnectAsync(Client, prefix: "/a/");
        Assert.Equal(["a"], await NamesAsync(one, ""));
        Assert.Equal(["b", "d.txt"], await NamesAsync(one, "root"));
        var connection = await Client.GetFromJsonAsync<JsonElement>($"/api/connections/{one}");
        Assert.StartsWith("box/a at 127.0.0.1:", connection.GetProperty("account").GetString(), StringComparison.Ordinal);

        // Pages go on where the store says.
        _rig.Host.Switches.Set("largestPage", 1L);
        var first = await Client.GetFromJsonAsync<JsonElement>($"/api/connections/{all}/items?folder=box%2F");
        var cursor = first.GetProperty("nextCursor").GetString()!;
        var second = await Client.GetFromJsonAsync<JsonElement>(
            $"/api/connections/{all}/items?folder=box%2F&cursor={Uri.EscapeDataString(cursor)}");
        Assert.Equal("e.txt", Assert.Single(second.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Clocks_that_differ_are_corrected_once_and_told_where_that_does_not_help()
    {
        _rig.Host.Clock.Advance(TimeSpan.FromHours(2));
        using var added = await _rig.AddAsync(Client);
        await TransferRig.ReadAsync(added, 201);
        _rig.Host.Switches.Set("skewSeconds", -1L);
        await RefusedAsync("clocks", _rig.AddAsync(Client));
    }

    [Fact]
    public async Task Own_and_private_networks_are_refused_unless_the_operator_allows_them()
    {
        await using var service = await TestService.StartAsync(postgres);
        using var plain = await _rig.AddAsync(service.Client);
        Assert.Contains("https://", (await TransferRig.ReadAsync(plain, 400)).ToString(), StringComparison.Ordinal);
        var port = new Uri(_rig.Host.Address).Port;
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1" })
        {
            using var refused = await _rig.AddAsync(service.Client, endpoint: $"https://{host}:{port}");
            Assert.Contains("own network", (await TransferRig.ReadAsync(refused, 409)).ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_secret_is_in_no_answer_log_event_or_report()
    {
        var connection = await _rig.ConnectAsync(Client);
        var (_, secret) = S3Rig.Key;
        using var renewed = await Client.PutAsJsonAsync(
            $"/api/connections/{connection}/secret", new { accessKeyId = S3Rig.Key.Id, secretAccessKey = secret });
        var texts = new List<string> { await renewed.Content.ReadAsStringAsync() };
        _ = _rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "a.bin" }, FaultAction.Status(403, "AccessDenied"));
        var item = await TransferRig.PutAsync(Client, "a.bin", TransferRig.Bytes(1, 1000));
        var transfer = await OneDriveRig.TransferAsync(Client, null, connection, "root", null, item);
        await TransferRig.UntilAsync(Client, transfer, "done");
        foreach (var path in new[]
        {
            "/api/connections", $"/api/connections/{connection}", $"/api/transfers/{transfer}", $"/api/transfers/{transfer}/items",
            $"/api/transfers/{transfer}/events", $"/api/transfers/{transfer}/calls", $"/api/transfers/{transfer}/report?format=csv",
            $"/api/transfers/{transfer}/report?format=json", "/api/audit?limit=200",
        })
        {
            texts.Add(await Client.GetStringAsync(path));
        }

        texts.AddRange(_service.Log.All);
        Assert.All(texts, text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        Assert.All(texts, text => Assert.DoesNotContain("Signature=", text, StringComparison.Ordinal));
        await using var database = Npgsql.NpgsqlDataSource.Create(_service.ConnectionString);
        await using var command = database.CreateCommand("select secret || settings::text from connections");
        Assert.DoesNotContain(secret, (string)(await command.ExecuteScalarAsync())!, StringComparison.Ordinal);
    }

    private static async Task RefusedAsync(string said, Task<HttpResponseMessage> adding)
    {
        using var answer = await adding;
        Assert.Contains(said, (await TransferRig.ReadAsync(answer, 409)).ToString(), StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<string?>> NamesAsync(string connection, string folder)
    {
        var page = await Client.GetFromJsonAsync<JsonElement>(
            $"/api/connections/{connection}/items?folder={Uri.EscapeDataString(folder)}");
        return [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString())];
    }
}
