using System.Net;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The limits of upload links hold to the byte, also for bodies without a length and for many requests at once.</summary>
public sealed class LinkLimitTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private LinkClient _links = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _links = new LinkClient(_service);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(await _service.Services.GetRequiredService<IFsckLedger>().LinkFaultsAsync(default));
        _links.Close();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Two_hundred_creations_at_once_make_as_many_uploads_as_the_link_allows()
    {
        var link = await _links.MakeAsync(new { kind = "upload", maxFiles = 10, maxBytes = 1000 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(number => number % 2 == 0
            ? _links.CreateAsync(link, 100, $"{number}.bin")
            : _links.PutAsync(link, $"{number}.bin", new string('x', 100))));
        Assert.Equal(10, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.All(
            answers.Where(answer => answer.StatusCode != HttpStatusCode.Created),
            answer => Assert.True((int)answer.StatusCode is 403 or 413, $"{answer.StatusCode}"));
        await AssertUsedAsync(link, 10, 1000);
        // A cancelled upload returns its reservation.
        if (answers.FirstOrDefault(answer => answer.Headers.Location is not null) is { } one)
        {
            (await _links.TusAsync(HttpMethod.Delete, one.Headers.Location!.AbsolutePath)).Dispose();
            await AssertUsedAsync(link, 9, 900);
            using var again = await _links.CreateAsync(link, 101);
            Assert.Equal("link_bytes", await LinkClient.CodeAsync(again));
            Assert.True(again.Headers.Contains("Upload-Limit"));
            using var fits = await _links.CreateAsync(link, 100);
            Assert.Equal(201, (int)fits.StatusCode);
        }

        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task The_size_of_a_file_holds_however_it_comes()
    {
        var link = await _links.MakeAsync(new { kind = "upload", maxSize = 5 });
        using (var refused = await _links.CreateAsync(link, 6))
        {
            Assert.Equal("link_size", await LinkClient.CodeAsync(refused));
            AssertTellsLimit(refused, 5);
        }

        using (var put = await _links.PutAsync(link, "six", "123456"))
        {
            Assert.Equal(413, (int)put.StatusCode);
            AssertTellsLimit(put, 5);
        }

        using (var chunked = await _links.Http.PutAsync($"{link.Path}/files/chunked", new Unannounced("123456")))
            Assert.Equal(413, (int)chunked.StatusCode);
        using (var chunked = await _links.Http.PutAsync($"{link.Path}/files/chunked", new Unannounced("12345")))
            Assert.Equal(201, (int)chunked.StatusCode);
        using var deferred = await _links.CreateAsync(link, null);
        var location = deferred.Headers.Location!.AbsolutePath;
        using (var over = await _links.PatchAsync(location, 0, new StringContent("123456")))
            Assert.Equal(413, (int)over.StatusCode);
        using (var over = await _links.PatchAsync(location, 0, new Unannounced("123456")))
            Assert.Equal(413, (int)over.StatusCode);
        using (var declared = await _links.PatchAsync(location, 0, new StringContent("12"), length: 6))
            Assert.Equal(413, (int)declared.StatusCode);
        using (var ends = await _links.PatchAsync(location, 0, new StringContent("1234"), length: 4))
            Assert.Equal(204, (int)ends.StatusCode);
        // Failed uploads have returned their reservations, and uploads that ended smaller have returned the rest.
        await AssertUsedAsync(link, 2, 9);
    }

    [Fact]
    public async Task Bytes_in_total_hold_for_files_of_unknown_size_and_for_joined_ones()
    {
        var link = await _links.MakeAsync(new { kind = "upload", maxBytes = 10, maxFiles = 2 });
        using (var deferred = await _links.CreateAsync(link, null))
        {
            Assert.Equal(201, (int)deferred.StatusCode);
            await AssertUsedAsync(link, 1, 10);
            using var none = await _links.CreateAsync(link, 1);
            Assert.Equal("link_bytes", await LinkClient.CodeAsync(none));
            (await _links.TusAsync(HttpMethod.Delete, deferred.Headers.Location!.AbsolutePath)).Dispose();
        }

        await AssertUsedAsync(link, 0, 0);
        using var part = await _links.CreateAsync(link, 4, concat: "partial");
        var location = part.Headers.Location!.AbsolutePath;
        (await _links.PatchAsync(location, 0, new StringContent("1234"))).Dispose();
        await AssertUsedAsync(link, 0, 4);
        using (var twice = await _links.CreateAsync(link, null, concat: $"final;{location} {location}"))
            Assert.Equal(201, (int)twice.StatusCode);
        await AssertUsedAsync(link, 1, 8);
        using (var again = await _links.CreateAsync(link, null, concat: $"final;{location}"))
            Assert.Equal("link_bytes", await LinkClient.CodeAsync(again));
        await AssertUsedAsync(link, 1, 8);
    }

    [Fact]
    public async Task Types_and_names_are_checked_at_the_creation()
    {
        var link = await _links.MakeAsync(
            new { kind = "upload", types = new[] { "image/*", "application/pdf" }, names = new[] { "*.jpg", "doc?.pdf" } });
        foreach (var (name, type, code) in new[]
        {
            ("a.jpg", "image/jpeg", null), ("A.JPG", "image/png; q=1", null), ("doc1.pdf", "application/pdf", null),
            ("a.jpg", "text/html", "link_type"), ("a.jpg", null, "link_type"), ("a.exe", "image/jpeg", "link_name"),
            ("a.jpg.exe", "image/jpeg", "link_name"), ("doc12.pdf", "application/pdf", "link_name"), ("a.jpg", "imagex/jpeg", "link_type"),
        })
        {
            using var created = await _links.CreateAsync(link, 1, name, type);
            Assert.Equal((name, type, code), (name, type, await LinkClient.CodeAsync(created)));
        }

        using var put = await _links.PutAsync(link, "x.jpg", "x", "text/plain");
        Assert.Equal("link_type", await LinkClient.CodeAsync(put));
        Assert.Equal(415, (int)put.StatusCode);
    }

    private async Task AssertUsedAsync(LinkClient.Link link, long files, long bytes)
    {
        var view = await _links.ViewAsync(link);
        Assert.Equal((files, bytes), (view.GetProperty("files").GetInt64(), view.GetProperty("bytes").GetInt64()));
        // The counters are those of the uploads that are there.
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            select count(*) filter (where not r.is_part), coalesce(sum(r.bytes), 0)::bigint
            from link_uploads r join uploads u on u.id = r.upload
            where r.link = '{link.Id}' and u.state in ('open', 'paused', 'completing', 'completed')
            """, connection);
        await using var counted = await command.ExecuteReaderAsync();
        Assert.True(await counted.ReadAsync());
        Assert.Equal((files, bytes), (counted.GetInt64(0), counted.GetInt64(1)));
    }

    private static void AssertTellsLimit(HttpResponseMessage refused, long most) =>
        Assert.StartsWith($"max-size={most},", refused.Headers.GetValues("Upload-Limit").Single(), StringComparison.Ordinal);

    /// <summary>A chunked body.</summary>
    private sealed class Unannounced(string text) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text)).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
