using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Functional.Nodes;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Proxies;

/// <summary>The load balancers of docs/cluster.md before two nodes.</summary>
public sealed class BalancerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Uploads = 16;
    private const int Chunks = 4;

    // With a random choice, one node gets all of 16 uploads once in 30,000 runs.
    [ProxyTheory]
    [InlineData(ReverseProxy.Nginx, "nginx", @"upstream chunkupload \{[^}]*\}")]
    [InlineData(ReverseProxy.Haproxy, "haproxy", @"(?<=\n)backend chunkupload\n[\s\S]*")]
    public async Task Uploads_begin_at_all_nodes_and_each_one_stays_at_one(string name, string block, string replaced)
    {
        await using var rig = await NodesRig.StartAsync(postgres, [("Proxy:Trusted", "127.0.0.1")], "a", "b");
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/cluster.md"));
        var balancer = Regex.Match(page, $@"```{block}\n([\s\S]*?)```").Groups[1].Value
            .Replace("10.0.0.5:8080", rig["a"].Address.Authority, StringComparison.Ordinal)
            .Replace("10.0.0.6:8080", rig["b"].Address.Authority, StringComparison.Ordinal);
        string Balance(string site) => Regex.Replace(site, replaced, _ => balancer);
        using var certificate = new TestCertificate();
        await using var proxy = await ReverseProxy.StartAsync(name, rig["a"].Address, certificate, Balance);
        using var http = certificate.CreateClient(proxy.Address, rig["a"].Key, HttpVersion.Version11);

        var tus = new TusClient(http);
        var part = TusClient.Bytes(1000);
        for (var made = 0; made < Uploads; made++)
        {
            using var session = await http.PostAsJsonAsync("/api/sessions", new { fileName = "a.bin", size = Chunks * 1000 });
            var id = (await session.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            for (var chunk = 0; chunk < Chunks; chunk++)
            {
                using var sent = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/{chunk * 1000}");
                sent.Headers.Add("X-Chunk-SHA256", TusClient.Sha256(part));
                sent.Content = new ByteArrayContent(part);
                using var received = await http.SendAsync(sent);
                Assert.Equal(HttpStatusCode.Created, received.StatusCode);
            }

            var path = await tus.NewAsync(2000);
            Assert.Equal(204, (await tus.PatchAsync(path, 0, part)).Status);
            Assert.Equal(204, (await tus.PatchAsync(path, 1000, part)).Status);
        }

        foreach (var node in new[] { "a", "b" })
        {
            Assert.Contains("POST /api/sessions 201", rig[node].Output, StringComparison.Ordinal);
            Assert.Contains("POST /files 201", rig[node].Output, StringComparison.Ordinal);
        }

        await using var connection = new NpgsqlConnection(rig.Database);
        var stores = (await connection.QueryAsync<string>(
            "select string_agg(distinct store::text, ' ') from chunkupload.stored_files group by upload_id")).ToList();
        Assert.Equal(2 * Uploads, stores.Count);
        Assert.Equal(2, stores.Distinct().Count());
        Assert.DoesNotContain(stores, both => both.Contains(' ', StringComparison.Ordinal));
    }
}
