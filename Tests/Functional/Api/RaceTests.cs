using System.Globalization;
using System.Net;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Concurrent requests. Where a test does not control the order, it asserts what must hold in every order.</summary>
[Collection(ApiCollection.Name)]
public sealed class RaceTests(ApiFixture fixture)
{
    private const int Length = 100_000;
    private readonly ApiClient _api = fixture.Api;

    [Fact]
    public async Task Of_two_different_chunks_at_one_offset_one_wins_and_no_byte_is_mixed()
    {
        for (var round = 0; round < 5; round++)
        {
            var id = await _api.CreateIdAsync(Length);
            var (one, two) = (ApiClient.Bytes(Length, seed: round), ApiClient.Bytes(Length, seed: round + 100));
            using var first = await BeginAsync(id, one);
            using var second = await BeginAsync(id, two);
            await first.SendAsync(one.AsMemory(0, Length / 2));
            await second.SendAsync(two.AsMemory(0, Length / 2));
            await Task.WhenAll(TrySendAsync(first, one), TrySendAsync(second, two));
            var answers = await Task.WhenAll(first.ReadToEndAsync(), second.ReadToEndAsync());

            var statuses = answers.Select(answer => answer[9..12]).ToList();
            Assert.Equal(["201", "409"], statuses.Order());
            var winner = statuses[0] == "201" ? one : two;
            using var completed = await _api.CompleteAsync(id, new { sha256 = ApiClient.Hex(winner) });
            await ApiClient.JsonAsync(completed, HttpStatusCode.OK);
            Assert.Equal(winner, await _api.Http.GetByteArrayAsync(ApiClient.At($"/api/files/{id}/content")));
        }
    }

    [Fact]
    public async Task The_same_chunk_ten_times_at_once_is_written_once()
    {
        var id = await _api.CreateIdAsync(Length);
        var content = ApiClient.Bytes(Length);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _api.PutAsync(id, 0, content)));
        Assert.Equal(9, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        foreach (var answer in answers)
            answer.Dispose();
        var session = await _api.GetAsync($"/api/sessions/{id}");
        Assert.Equal(1, session.GetProperty("chunkCount").GetInt32());
        Assert.Equal(Length, session.GetProperty("receivedBytes").GetInt64());
    }

    [Fact]
    public async Task A_hundred_chunks_at_once_all_arrive()
    {
        var content = ApiClient.Bytes(100 * 1000);
        var id = await _api.CreateIdAsync(content.Length);
        await Task.WhenAll(Enumerable.Range(0, 100).OrderBy(i => i * 37 % 100)
            .Select(i => _api.PutOkAsync(id, i * 1000, content[(i * 1000)..((i + 1) * 1000)])));
        using var completed = await _api.CompleteAsync(id, new { sha256 = ApiClient.Hex(content) });
        await ApiClient.JsonAsync(completed, HttpStatusCode.OK);
    }

    [Fact]
    public async Task Completing_several_times_at_once_makes_one_file()
    {
        var content = ApiClient.Bytes(Length);
        var id = await _api.CreateIdAsync(Length);
        await _api.PutOkAsync(id, 0, content);
        var answers =
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _api.CompleteAsync(id, new { sha256 = ApiClient.Hex(content) })));
        foreach (var answer in answers)
        {
            var file = (await ApiClient.JsonAsync(answer, HttpStatusCode.OK)).GetProperty("file");
            Assert.Equal(id, ApiClient.Id(file));
            answer.Dispose();
        }
    }

    [Fact]
    public async Task A_chunk_and_the_completion_at_once_end_in_a_whole_file_or_in_a_refusal()
    {
        for (var round = 0; round < 10; round++)
        {
            var content = ApiClient.Bytes(Length, seed: round);
            var id = await _api.CreateIdAsync(Length);
            await _api.PutOkAsync(id, 0, content[..(Length / 2)]);
            var last = _api.PutAsync(id, Length / 2, content[(Length / 2)..]);
            var complete = _api.CompleteAsync(id);
            using var chunk = await last;
            using var completed = await complete;
            Assert.Equal(HttpStatusCode.Created, chunk.StatusCode);
            if (completed.StatusCode != HttpStatusCode.OK)
                await ApiClient.ProblemAsync(completed, HttpStatusCode.Conflict, "missing_ranges");
            using var again = await _api.CompleteAsync(id);
            await ApiClient.JsonAsync(again, HttpStatusCode.OK);
            Assert.Equal(content, await _api.Http.GetByteArrayAsync(ApiClient.At($"/api/files/{id}/content")));
        }
    }

    [Fact]
    public async Task Cancelling_stops_a_chunk_that_is_being_sent()
    {
        var id = await _api.CreateIdAsync(Length);
        var content = ApiClient.Bytes(Length);
        using var sending = await BeginAsync(id, content);
        await sending.SendAsync(content.AsMemory(0, Length / 2));
        using (var cancelled = await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{id}")))
            Assert.Equal(HttpStatusCode.OK, cancelled.StatusCode);
        Raw.Problem(await sending.ReadAnswerAsync(), 410, "cancelled");
        Assert.Equal(0, (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("receivedBytes").GetInt64());
    }

    [Fact]
    public async Task A_client_may_go_away_at_any_byte()
    {
        var id = await _api.CreateIdAsync(1000);
        var content = ApiClient.Bytes(1000);
        var request = Head(id, content);
        for (var cut = 0; cut < request.Length; cut += 7)
        {
            using var connection = await RawConnection.OpenAsync(fixture.Service.Address);
            await connection.SendAsync(request[..cut]);
            if (cut % 2 == 0)
                connection.Reset();
        }

        for (var cut = 0; cut < 1000; cut += 50)
        {
            using var connection = await RawConnection.OpenAsync(fixture.Service.Address);
            await connection.SendAsync(request);
            await connection.SendAsync(content.AsMemory(0, cut));
            if (cut % 100 == 0)
                connection.Reset();
        }

        // Whatever was kept meanwhile, the whole chunk can be sent and has the right content.
        using var put = await _api.PutAsync(id, 0, content);
        Assert.True(put.IsSuccessStatusCode, put.StatusCode.ToString());
        using var completed = await _api.CompleteAsync(id, new { sha256 = ApiClient.Hex(content) });
        await ApiClient.JsonAsync(completed, HttpStatusCode.OK);
        Assert.DoesNotContain(fixture.Service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private async Task<RawConnection> BeginAsync(string id, byte[] content)
    {
        var connection = await RawConnection.OpenAsync(fixture.Service.Address);
        await connection.SendAsync(Head(id, content));
        return connection;
    }

    private string Head(string id, byte[] content) => string.Create(
        CultureInfo.InvariantCulture,
        $"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer "
            + $"{fixture.Service.Key}\r\nContent-Length: {content.Length}\r\nX-Chunk-SHA256: {ApiClient.Hex(content)}\r\n\r\n");

    private static async Task TrySendAsync(RawConnection connection, byte[] content)
    {
        try
        {
            await connection.SendAsync(content.AsMemory(content.Length / 2));
        }
        catch (IOException)
        {
            // Already answered and closed: the other request has won.
        }
    }
}
