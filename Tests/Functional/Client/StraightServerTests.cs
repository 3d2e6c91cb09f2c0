using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Agent.Serving;
using ChunkUpload.Client.Projects;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Straight;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>The answers of an agent that listens for other devices, over real connections.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class StraightServerTests : IAsyncLifetime
{
    private const int Length = 3_000_000;
    private const string Token = "a-token";

    private readonly TempFolder _folder = new();
    private readonly TempFolder _served = new();
    private readonly TempFolder _others = new();
    private readonly Guid _transfer = Guid.NewGuid();
    private DeviceIdentity _source = null!;
    private DeviceIdentity _receiver = null!;
    private StraightPlace _listener = null!;
    private StraightOffer _offer = null!;

    public async Task InitializeAsync()
    {
        (_source, _receiver) = (DeviceIdentity.Of(_folder.Path), DeviceIdentity.Of(_others.Path));
        await File.WriteAllBytesAsync(_served["a.bin"], ClientRig.Bytes(Length));
        _listener = await Listener(null).JoinAsync(ListenChoice.Parse("127.0.0.1", out _)!, default);
        Assert.Null(_listener.Fault);
        _offer = Offer(_transfer);
        _offer.Take(Guest(_receiver, Token));
    }

    public async Task DisposeAsync()
    {
        _offer.Dispose();
        await _listener.DisposeAsync();
        _source.Dispose();
        _receiver.Dispose();
        _folder.Dispose();
        _served.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task The_device_with_the_key_and_the_token_gets_ranges_and_the_digest()
    {
        using var client = Client(_receiver);
        using (var whole = await SendAsync(client))
        {
            Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
            Assert.Equal(ClientRig.Bytes(Length), await whole.Content.ReadAsByteArrayAsync());
            Assert.Equal(new Version(1, 1), whole.Version);
        }

        using (var part = await SendAsync(client, request => request.Headers.Range = new RangeHeaderValue(1000, 1999)))
        {
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal(ClientRig.Bytes(Length)[1000..2000], await part.Content.ReadAsByteArrayAsync());
            Assert.Equal(Length, part.Content.Headers.ContentRange!.Length);
        }

        await Eventually.HoldsAsync(() => Task.FromResult(_offer.Digest is not null));
        using var last = await SendAsync(client, request => request.Headers.Range = new RangeHeaderValue(null, 10));
        Assert.Equal(
            $"sha-256=:{Convert.ToBase64String(SHA256.HashData(ClientRig.Bytes(Length)))}:",
            last.Headers.GetValues("Repr-Digest").Single());
        Assert.Equal(Length, _offer.Sent);
    }

    [Theory]
    [InlineData("GET", "/", 404, "no_such_transfer")]
    [InlineData("GET", "/v1/transfers/x", 404, "no_such_transfer")]
    [InlineData("GET", "/v1/transfers/8f14e45f-ceea-467a-9a36-dedd4bea2543", 404, "no_such_transfer")]
    [InlineData("HEAD", null, 405, null)]
    [InlineData("POST", null, 405, "method_not_allowed")]
    [InlineData("GET", null, 403, "browser_refused", "Origin", "https://files.example")]
    [InlineData("GET", null, 403, "browser_refused", "Sec-Fetch-Site", "cross-site")]
    [InlineData("GET", null, 401, "token_refused", "Authorization", "Bearer another")]
    [InlineData("GET", null, 401, "token_refused", "Authorization", "Basic YTpi")]
    [InlineData("GET", null, 412, "precondition_failed", "If-Match", "\"another\"")]
    [InlineData("GET", null, 416, "range_not_satisfiable", "Range", "bytes=3000000-")]
    [InlineData("GET", null, 416, "range_not_satisfiable", "Range", "bytes=0-1,5-6")]
    public async Task Everything_else_is_refused_with_a_code(
        string method, string? path, int status, string? code, string? header = null, string? value = null)
    {
        using var client = Client(_receiver);
        using var answer = await SendAsync(
            client,
            request =>
            {
                if (header is null)
                    return;
                _ = request.Headers.Remove(header);
                _ = request.Headers.TryAddWithoutValidation(header, value);
            },
            new HttpMethod(method), path);
        Assert.Equal(status, (int)answer.StatusCode);
        if (code is not null)
            Assert.Equal(code, CodeOf(await answer.Content.ReadAsStringAsync()));
        Assert.Equal(0, _offer.Sent);
    }

    [Fact]
    public async Task The_handshake_ends_for_a_key_that_no_running_transfer_expects()
    {
        using var folder = new TempFolder();
        using var stranger = DeviceIdentity.Of(folder.Path);
        using (var client = Client(stranger))
            await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(client));
        using (var known = Client(_receiver))
        using (var answer = await SendAsync(known))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        _offer.Take(null);
        using var later = Client(_receiver);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(later));
    }

    [Fact]
    public async Task The_token_of_another_transfer_or_device_opens_nothing()
    {
        using var folder = new TempFolder();
        using var other = DeviceIdentity.Of(folder.Path);
        var second = Guid.NewGuid();
        using var offer = Offer(second);
        offer.Take(Guest(other, "other-token"));
        using (var client = Client(other))
        {
            // Not even the existence of another member's transfer is revealed.
            using var foreign = await SendAsync(client);
            Assert.Equal(404, (int)foreign.StatusCode);
            using var wrong = await SendAsync(client, path: $"/v1/transfers/{second}");
            Assert.Equal(401, (int)wrong.StatusCode);
        }

        using var mine = Client(_receiver);
        using var theirs = await SendAsync(mine, path: $"/v1/transfers/{second}");
        Assert.Equal(404, (int)theirs.StatusCode);
    }

    [Fact]
    public async Task A_token_that_is_not_renewed_ends_what_runs()
    {
        _offer.Take(Guest(_receiver, Token, seconds: 0.5));
        using var client = Client(_receiver);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.False(_offer.HasGuest);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(client));
        // The service renews it.
        _offer.Take(Guest(_receiver, Token));
        using var answer = await SendAsync(client);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_answer_breaks_off_when_the_right_ends()
    {
        using var client = Client(_receiver);
        await File.WriteAllBytesAsync(_served["b.bin"], new byte[64 << 20]);
        var transfer = Guid.NewGuid();
        using var offer = Offer(transfer, "b.bin");
        offer.Take(Guest(_receiver, Token));
        using var request = Request(HttpMethod.Get, $"/v1/transfers/{transfer}");
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        _ = await body.ReadAtLeastAsync(new byte[1 << 20], 1 << 20);
        offer.Take(null);
        _ = await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(Stream.Null));
        Assert.True(offer.Sent < 64 << 20);
    }

    [Fact]
    public async Task A_transfer_has_eight_connections_at_once()
    {
        await File.WriteAllBytesAsync(_served["b.bin"], new byte[64 << 20]);
        var transfer = Guid.NewGuid();
        using var offer = Offer(transfer, "b.bin");
        offer.Take(Guest(_receiver, Token));
        using var client = Client(_receiver);
        var open = new List<HttpResponseMessage>();
        for (var i = 0; i < StraightOffer.MostConnections; i++)
        {
            using var request = Request(HttpMethod.Get, $"/v1/transfers/{transfer}");
            open.Add(await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        }

        Assert.All(open, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        using (var ninth = await SendAsync(client, path: $"/v1/transfers/{transfer}"))
        {
            Assert.Equal("too_many_connections", CodeOf(await ninth.Content.ReadAsStringAsync()));
            Assert.Equal(TimeSpan.FromSeconds(1), ninth.Headers.RetryAfter!.Delta);
        }

        open.ForEach(answer => answer.Dispose());
        await Eventually.HoldsAsync(async () =>
        {
            using var again = await SendAsync(
                client, request => request.Headers.Range = new RangeHeaderValue(0, 0), path: $"/v1/transfers/{transfer}");
            return again.StatusCode == HttpStatusCode.PartialContent;
        });
    }

    [Fact]
    public async Task Another_key_than_the_one_before_is_not_let_in()
    {
        var device = Guid.NewGuid();
        _offer.Take(Guest(_receiver, "of-before") with { DeviceId = device });
        using var folder = new TempFolder();
        using var other = DeviceIdentity.Of(folder.Path);
        _offer.Take(Guest(other, Token) with { DeviceId = device });
        Assert.True(_offer.IsOtherKey);
        using var client = Client(other);
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(client));
    }

    [Fact]
    public async Task Nobody_is_let_in_while_the_network_is_metered()
    {
        await using var listener = await Listener(true).JoinAsync(ListenChoice.Parse("127.0.0.1", out _)!, default);
        Assert.Empty(listener.Addresses);
        Assert.Contains("metered", listener.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_folders_of_an_agent_share_a_port_and_one_that_cannot_listen_takes_nothing_from_the_others()
    {
        var listener = Listener(null);
        var first = await listener.JoinAsync(ListenChoice.Parse("127.0.0.1", out _)!, default);
        var address = Assert.Single(first.Addresses);
        // Its connections last when another folder joins and leaves.
        await using (var second = await listener.JoinAsync(ListenChoice.Parse("127.0.0.1", out _)!, default))
            Assert.Equal([address], second.Addresses);
        await using (var elsewhere = await listener.JoinAsync(ListenChoice.Parse("127.0.0.2", out _)!, default))
        {
            Assert.Equal([address.Replace("127.0.0.1", "127.0.0.2", StringComparison.Ordinal)], elsewhere.Addresses);
            Assert.Equal([address], first.Addresses);
        }

        // This computer does not have the address.
        await using (var absent = await listener.JoinAsync(ListenChoice.Parse("192.0.2.7", out _)!, default))
        {
            Assert.Empty(absent.Addresses);
            Assert.Contains("cannot listen at 192.0.2.7", absent.Fault, StringComparison.Ordinal);
            Assert.Equal([address], first.Addresses);
            Assert.Null(first.Fault);
        }

        await first.DisposeAsync();
        Assert.Empty(first.Addresses);
        // Devices find it again.
        await using var again = await Listener(null).JoinAsync(ListenChoice.Parse("127.0.0.1", out _)!, default);
        Assert.Equal([address], again.Addresses);
    }

    private StraightListener Listener(bool? isMetered) => new(_folder.Path, () => isMetered, [], TimeProvider.System);

    private StraightOffer Offer(Guid transfer, string name = "a.bin")
    {
        var file = new FileInfo(_served[name]);
        var row = JsonSerializer.Deserialize(
            $$"""{"id":"{{transfer}}","status":"in_progress","approval":"approved","attempt":1,"file_path":"/x"}""",
            ProjectJson.Default.FileTransferAnswer)!;
        var offer = new StraightOffer(
            row, _served.Path, new JournalEntry(name, file.Length, file.LastWriteTimeUtc.Ticks),
            new DevicePins(_folder.Path, TimeProvider.System), "https://files.example",
            new TransferPulse(1, TimeProvider.System));
        _listener.Add(offer);
        return offer;
    }

    private static StraightGuestAnswer Guest(DeviceIdentity device, string token, double seconds = 60) => new(
        Guid.NewGuid(), "laptop", device.FingerprintText,
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token))), seconds);

    private HttpClient Client(DeviceIdentity device)
    {
        var client = new StraightConnections(device, _source.Fingerprint).Open();
        client.BaseAddress = new Uri($"https://{_listener.Addresses[0]}");
        return client;
    }

    private HttpRequestMessage Request(HttpMethod method, string? path)
    {
        var request = new HttpRequestMessage(method, path ?? $"/v1/transfers/{_transfer}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpClient client, Action<HttpRequestMessage>? change = null, HttpMethod? method = null, string? path = null)
    {
        using var request = Request(method ?? HttpMethod.Get, path);
        change?.Invoke(request);
        return await client.SendAsync(request);
    }

    private static string CodeOf(string json) => JsonDocument.Parse(json).RootElement.GetProperty("code").GetString()!;
}
