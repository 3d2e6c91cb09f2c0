using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>
/// Bandwidth by HTTP: it holds for uploads and downloads of every kind, a change reaches running requests, and faults are told. The limits
/// follow a clock that the test moves.
/// </summary>
public sealed class BandwidthTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const int M = 1 << 20;

    private readonly ManualTime _time = new();

    private TestService _service = null!;
    private HttpClient _member = null!;
    private User _user = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres, replace: services =>
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<BandwidthLimiter>(provider, _time)));
        var people = new TestPeople(_service);
        _user = await people.UserAsync("rae", Role.Member);
        _member = await people.ClientAsync(_user);
    }

    public async Task DisposeAsync()
    {
        _member.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Uploads_and_downloads_keep_to_the_bandwidth_and_their_bytes_stay_whole()
    {
        await SetAsync($"user/{_user.Id:n}", new { receiveBandwidth = "2M", sendBandwidth = "4M" });
        var bytes = TusClient.Bytes(4 * M);
        var began = _time.GetTimestamp();
        using var put = await PassAsync(_member.PutAsync("/api/files/f.bin", new ByteArrayContent(bytes)));
        Assert.Equal(201, (int)put.StatusCode);
        // 4 MiB at 2 MiB/s; the first batch passes at once.
        Assert.InRange(_time.GetElapsedTime(began).TotalSeconds, 1, 3);
        var id = (await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        began = _time.GetTimestamp();
        Assert.Equal(bytes, await PassAsync(_member.GetByteArrayAsync($"/api/files/{id}/content")));
        Assert.InRange(_time.GetElapsedTime(began).TotalSeconds, 0.5, 2);
        // Others are not limited by it: they need no time.
        using var other = await _service.Client.PutAsync("/api/files/g.bin", new ByteArrayContent(bytes));
        Assert.Equal(201, (int)other.StatusCode);
    }

    [Fact]
    public async Task A_change_reaches_a_running_upload_and_a_running_download()
    {
        var large = new byte[64 * M];
        using var first = await _service.Client.PutAsync("/api/files/f.bin", new ByteArrayContent(large));
        var id = (await first.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        // At this rate each of them would last more than an hour.
        await SetAsync("service/all", new { receiveBandwidth = "16k", sendBandwidth = "16k" });
        var uploading = _member.PutAsync("/api/files/g.bin", new ByteArrayContent(large));
        var downloading = _service.Client.GetByteArrayAsync($"/api/files/{id}/content");
        var limiter = _service.Services.GetRequiredService<BandwidthLimiter>();
        await Eventually.HoldsAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return limiter.Measured(FlowDirection.Receive, LimitTarget.Service) > 0
                && limiter.Measured(FlowDirection.Send, LimitTarget.Service) > 0;
        });
        Assert.False(uploading.IsCompleted || downloading.IsCompleted);
        await SetAsync("service/all", new { });
        using var put = await PassAsync(uploading);
        Assert.Equal(201, (int)put.StatusCode);
        Assert.Equal(large.Length, (await PassAsync(downloading)).Length);
    }

    [Fact]
    public async Task The_limits_in_force_are_shown_with_their_timetables()
    {
        await SetAsync("service/all", new { receiveBandwidth = "00:00,20M" });
        await SetAsync("default/upload", new { sendBandwidth = "5M" });
        await SetAsync("default/user", new { receiveBandwidth = "off" });
        var limits = await _member.GetFromJsonAsync<JsonElement>("/api/limits");
        var found = limits.GetProperty("items").EnumerateArray()
            .Where(item => item.GetProperty("name").GetString()!.EndsWith("Bandwidth", StringComparison.Ordinal))
            .Select(item => (
                item.GetProperty("name").GetString(), item.GetProperty("scope").GetString(), item.GetProperty("timetable").GetString(),
                item.GetProperty("limit").ValueKind == JsonValueKind.Null ? -1 : item.GetProperty("limit").GetInt64()))
            .Order();
        Assert.Equal(
            [
                ("receiveBandwidth", "service", "00:00,20M", 20 * M), ("receiveBandwidth", "user", "off", -1L),
                ("sendBandwidth", "upload", "5M", 5 * M),
            ],
            found);
    }

    [Theory]
    [InlineData("user", "08:00,fast", "\"fast\" is not a bandwidth")]
    [InlineData("default/address", "1M", "is not limited by address")]
    public async Task An_invalid_bandwidth_is_refused_with_a_sentence(string target, string bandwidth, string sentence)
    {
        var path = target == "user" ? $"user/{_user.Id:n}" : target;
        using var answer = await _service.Client.PutAsJsonAsync($"/api/limits/{path}", new { receiveBandwidth = bandwidth });
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(sentence, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Only_operators_limit_the_service_and_only_its_bandwidth()
    {
        using var refused = await _member.PutAsJsonAsync("/api/limits/service/all", new { receiveBandwidth = "1M" });
        Assert.Equal(403, (int)refused.StatusCode);
        using var files = await _service.Client.PutAsJsonAsync("/api/limits/service/all", new { files = 5 });
        Assert.Equal(400, (int)files.StatusCode);
    }

    [Fact]
    public async Task The_configuration_limits_the_service_until_the_api_does()
    {
        await using var service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string>
            {
                ["Limits:SendBandwidth"] = "08:00,20M 18:00,off",
                ["Limits:TimeZone"] = "Europe/Berlin",
            });
        Assert.Equal("08:00,20M 18:00,off", await TimetableAsync(service));
        using var set = await service.Client.PutAsJsonAsync("/api/limits/service/all", new { sendBandwidth = "1G" });
        Assert.Equal("1G", await TimetableAsync(service));

        static async Task<string?> TimetableAsync(TestService service) =>
            (await service.Client.GetFromJsonAsync<JsonElement>("/api/limits")).GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == "sendBandwidth").GetProperty("timetable").GetString();
    }

    /// <summary>Lets time pass, whenever the limits wait for it, until the request has ended.</summary>
    private async Task<T> PassAsync<T>(Task<T> request)
    {
        while (!request.IsCompleted)
            await Task.WhenAny(request, _time.PassNextAsync());
        return await request;
    }

    private async Task SetAsync(string path, object limits)
    {
        using var answer = await _service.Client.PutAsJsonAsync($"/api/limits/{path}", limits);
        Assert.Equal(200, (int)answer.StatusCode);
    }
}
