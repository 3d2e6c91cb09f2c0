using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Hosting;

/// <summary>Inputs that have crashed, deceived or filled other upload servers.</summary>
public sealed class HostileInputTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Keys_of_metadata_are_data_and_change_nothing_that_the_service_keeps_of_an_upload()
    {
        var keys = new[]
        {
            "id", "tenant", "subject", "maker", "state", "size", "sha256", "received_bytes", "parts", "target_space", "is_part",
            "__proto__", "constructor", "x-amz-meta-internal", "protocol_state",
        };
        var value = Convert.ToBase64String("other"u8);
        var tus = new TusClient(_service.Client);
        var path = await tus.NewAsync(3, ("Upload-Metadata", string.Join(',', keys.Select(key => $"{key} {value}"))));
        Assert.Equal(204, (await tus.PatchAsync(path, 0, [1, 2, 3])).Status);
        using var made = await _service.Client.PostAsJsonAsync(
            "/api/sessions", new { fileName = "s", size = 3, metadata = keys.ToDictionary(key => key, _ => "other") });
        Assert.Equal(201, (int)made.StatusCode);

        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        var rows = (await connection.QueryAsync<(string Tenant, string Subject, string? Maker, long Size, string State, bool IsPart)>(
            "select tenant, subject, maker, size, state, is_part from chunkupload.uploads")).AsList();
        Assert.Equal(2, rows.Count);
        Assert.All(rows, row => Assert.Equal(
            ("default", "operator", null, 3L, false), (row.Tenant, row.Subject, row.Maker, row.Size, row.IsPart)));
        Assert.Equal(["completed", "open"], rows.Select(row => row.State).Order(StringComparer.Ordinal));
        // They are returned unchanged.
        var session = await made.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("other", session.GetProperty("metadata").GetProperty("tenant").GetString());
    }

    [Theory]
    [InlineData("a QUJD QUJD")]
    [InlineData("a QU\tJD")]
    [InlineData("a Q=UJD")]
    [InlineData("a QUJD====")]
    public async Task Base64_with_anything_between_its_digits_is_refused_at_once(string metadata)
    {
        var tus = new TusClient(_service.Client);
        Assert.Equal(400, (await tus.CreateAsync(("Upload-Length", "3"), ("Upload-Metadata", metadata))).Status);
        // As long as a header may be: the parser must not be quadratic.
        var much = "a QUJD" + string.Concat(Enumerable.Repeat("\tQUJD", 1500));
        Assert.Equal(400, (await tus.CreateAsync(("Upload-Length", "3"), ("Upload-Metadata", much))).Status);
    }

    [Fact]
    public async Task An_empty_body_creates_only_an_empty_file()
    {
        var tus = new TusClient(_service.Client);
        var names = new List<string>();
        for (var count = 0; count < 2; count++)
        {
            // The same name, without a chunk or a byte: no existing file becomes its content.
            using var made = await _service.Client.PostAsJsonAsync("/api/sessions", new { fileName = "../../victim", size = 0 });
            if (made.IsSuccessStatusCode)
            {
                var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
                using var completed = await _service.Client.PostAsync($"/api/sessions/{id}/complete", null);
                Assert.True((int)completed.StatusCode is 200 or 202, $"{completed.StatusCode}");
                await Eventually.HoldsAsync(
                    async () => (await _service.Client.GetAsync($"/api/files/{id}/content")).IsSuccessStatusCode);
                names.Add(id!);
            }
            else
            {
                Assert.Equal(400, (int)made.StatusCode);
            }

            var empty = await tus.NewAsync(0);
            Assert.Empty((await tus.ReadAsync(empty)).Bytes);
        }

        foreach (var id in names)
            Assert.Empty(await _service.Client.GetByteArrayAsync($"/api/files/{id}/content"));
    }
}
