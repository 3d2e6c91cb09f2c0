using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The audit: its contents, and its hash chain, which reveals rows that were changed directly in the database.</summary>
public sealed class AuditTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task The_audit_names_actor_act_and_target()
    {
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        using (await new BrowserClient(_service).PostAsync("/signin", new { name = "my secret typed here", password = "canary-password" }))
        {
        }

        var user = new User(
            Guid.NewGuid(), "ann", "Ann", null, true, false, true, false, default, null, [new Membership("default", Role.Member)]);
        await _service.Services.GetRequiredService<IPeopleLedger>().AddUserAsync(user, "hash", default);
        string id;
        using (var put = await _service.Client.PutAsync("/api/files/one.txt", new StringContent("one")))
            id = (await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        for (var i = 0; i < 3; i++)
            Assert.Equal("one", await _service.Client.GetStringAsync($"/api/files/{id}/content"));
        using (await _service.Client.PutAsync("/api/tree/a.txt", new StringContent("a")))
        using (await _service.Client.PatchAsync("/api/tree/a.txt", JsonContent.Create(new { path = "b.txt" })))
        using (await _service.Client.DeleteAsync("/api/tree/b.txt"))
        {
        }

        using (await _service.Client.DeleteAsync($"/api/files/{id}"))
        {
        }

        var rows = (await _service.Client.GetFromJsonAsync<JsonElement>("/api/audit?limit=1000")).GetProperty("items").EnumerateArray()
            .Reverse().Where(row => row.GetProperty("kind").GetString() != "upload.created").ToList();
        var kinds = rows.Select(row => row.GetProperty("kind").GetString()).ToList();
        Assert.Equal(
            ["signed_in", "sign_in_failed", "user.added", "upload.completed", "download", "upload.completed", "entry.moved",
                "entry.removed", "upload.deleted"],
            kinds);
        Assert.Equal("operator", rows[3].GetProperty("subject").GetString());
        Assert.Equal(id, rows[3].GetProperty("target").GetString());
        Assert.Equal("one.txt", rows[3].GetProperty("data").GetProperty("name").GetString());
        Assert.Equal("one.txt", rows[4].GetProperty("data").GetProperty("name").GetString());
        Assert.Equal(user.Subject, rows[2].GetProperty("target").GetString());
        var all = await _service.Client.GetStringAsync("/api/audit?format=json");
        Assert.DoesNotContain("canary", all, StringComparison.Ordinal);
        Assert.DoesNotContain("my secret", all, StringComparison.Ordinal);
        var csv = await _service.Client.GetStringAsync("/api/audit?format=csv&kind=upload.completed");
        Assert.Equal(3, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        using var wrong = await _service.Client.GetAsync("/api/audit?format=xml");
        Assert.Equal(400, (int)wrong.StatusCode);
    }

    [Fact]
    public async Task The_audit_has_links_that_sign_the_operator_in()
    {
        var token = await _service.Services.GetRequiredService<BrowserSessions>().NewLinkAsync(default);
        for (var i = 0; i < 2; i++)
        {
            using (await new BrowserClient(_service).PostAsync("/signin", new { link = token }))
            {
            }
        }

        var all = await _service.Client.GetStringAsync("/api/audit?limit=1000");
        var rows = JsonElement.Parse(all).GetProperty("items").EnumerateArray().Reverse().ToList();
        Assert.Equal(
            ["operator.link_made", "operator.link_used", "signed_in", "sign_in_failed"],
            rows.Select(row => row.GetProperty("kind").GetString()));
        Assert.Equal("service", rows[0].GetProperty("subject").GetString());
        Assert.Equal("127.0.0.1", rows[1].GetProperty("address").GetString());
        Assert.DoesNotContain(token, all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update audit set subject = 'somebody else' where number = 3", 3)]
    [InlineData("update audit set data = '{}' where number = 2", 2)]
    [InlineData("delete from audit where number = 3", 3)]
    [InlineData("delete from audit where number = 5", 5)]
    [InlineData("update audit set number = -number where number in (2, 3); update audit set number = 5 + number where number < 0", 2)]
    [InlineData("update audit set subject = 'x', digest = audit_digest(audit) where number = 4", 4)]
    [InlineData("""
        update audit set blanked = true, tenant = '', subject = '', credential = null, address = null, kind = '', object = null, data = '{}'
        where number = 3
        """, 3)]
    [InlineData("update audit set blanked = true where number = 2", 2)]
    [InlineData("""
        update audit set blanked = true, tenant = '', subject = '', credential = null, address = null, kind = '', object = null,
            data = '{}', at = now() - interval '10 years' where number = 4
        """, 4)]
    [InlineData("""
        update audit set blanked = true, tenant = '', subject = '', credential = null, address = null, kind = '', object = null,
            data = '{}', at = now() - interval '10 years' where number <= 3
        """, 1)]
    public async Task A_row_that_was_changed_or_hidden_breaks_the_chain(string change, long broken)
    {
        for (var i = 0; i < 5; i++)
            await Ledger.AddAsync("try", $"{i}", """{"a":1}""", default);
        Assert.Equal((null, 5L), await VerifyAsync());
        await using (var source = NpgsqlDataSource.Create(_service.ConnectionString))
        await using (var command = source.CreateCommand($"set search_path = chunkupload, chunkupload_functions; {change}"))
            await command.ExecuteNonQueryAsync();
        Assert.Equal(broken, (await VerifyAsync()).Broken);
    }

    [Fact]
    public async Task Rows_that_were_blanked_leave_the_chain_whole()
    {
        for (var i = 0; i < 5; i++)
            await Ledger.AddAsync("try", $"{i}", """{"a":1}""", default);
        Assert.Equal((null, 5L), await VerifyAsync());
        Assert.Equal(5, await Ledger.BlankAsync(TimeSpan.Zero, 100, default));
        // An act names the blanked rows.
        Assert.Equal((null, 6L), await VerifyAsync());
        Assert.Equal(5, await BlankedAsync());
        var act = Assert.Single(await Ledger.ListAsync(new AuditQuery(null, null, null, null, null, null, null, 100), default));
        Assert.Equal(("audit.blanked", "service"), (act.Kind, act.Subject));
        await Ledger.AddAsync("try", "6", null, default);
        Assert.Equal((null, 7L), await VerifyAsync());
        // Without the act, the rows are hidden.
        await using (var source = NpgsqlDataSource.Create(_service.ConnectionString))
        await using (var command = source.CreateCommand("""update chunkupload.audit set data = '{"numbers":"{[1,3]}"}' where number = 6"""))
            await command.ExecuteNonQueryAsync();
        Assert.Equal(4, (await VerifyAsync()).Broken);
    }

    [Fact]
    public async Task Rows_that_many_add_at_once_are_chained_one_after_the_other()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var put = await _service.Client.PutAsync($"/api/files/{i}.txt", new StringContent($"{i}"));
            Assert.Equal(201, (int)put.StatusCode);
        }));
        var (broken, number) = await VerifyAsync();
        Assert.Null(broken);
        Assert.True(number >= 200);
        var query = new AuditQuery(null, null, "upload.completed", null, null, null, null, 1000);
        Assert.Equal(200, (await Ledger.ListAsync(query, default)).Select(row => row.Number).Distinct().Count());
    }

    [Fact]
    public async Task The_chain_value_of_an_earlier_row_never_changes()
    {
        var chain = _service.Services.GetRequiredService<AuditChain>();
        for (var i = 0; i < 3; i++)
            await Ledger.AddAsync("try", $"{i}", null, default);
        var early = await chain.VerifyAsync(null, default);
        await Ledger.AddAsync("try", "later", null, default);
        Assert.Equal(4, (await chain.VerifyAsync(null, default)).Number);
        var again = await chain.VerifyAsync(early.Number, default);
        Assert.Equal((early.Number, Convert.ToHexString(early.Chain)), (again.Number, Convert.ToHexString(again.Chain)));
        // The newest rows and the head are removed: the chain is intact, but no longer reaches the earlier value.
        await using (var source = NpgsqlDataSource.Create(_service.ConnectionString))
        await using (var command = source.CreateCommand("""
            set search_path = chunkupload; delete from audit where number > 2;
            update audit_head set number = 2, chain = (select chain from audit where number = 2)
            """))
            await command.ExecuteNonQueryAsync();
        var cut = await chain.VerifyAsync(early.Number, default);
        Assert.Null(cut.Broken);
        Assert.Equal(2, cut.Number);
    }

    [Fact]
    public async Task Rows_of_a_removed_tenant_are_blanked_and_leave_the_chain_whole()
    {
        await _service.Client.PostAsJsonAsync("/api/tenants", new { name = "acme" });
        await Ledger.AddAsync("try", "before", null, default);
        await _service.Services.GetRequiredService<AuditChain>().VerifyAsync(null, default);
        await using var source = NpgsqlDataSource.Create(_service.ConnectionString);
        await using (var command = source.CreateCommand(
            "set search_path = chunkupload, chunkupload_functions; select blank_audit(null, 'acme', 100)"))
            Assert.NotEqual(0, await command.ExecuteScalarAsync());
        Assert.Null((await VerifyAsync()).Broken);
        Assert.NotEqual(0, await BlankedAsync());
    }

    private async Task<long> BlankedAsync() =>
        (await _service.Client.GetFromJsonAsync<JsonElement>("/api/audit/chain")).GetProperty("blanked").GetInt64();

    private IAuditLedger Ledger => _service.Services.GetRequiredService<IAuditLedger>();

    private async Task<(long? Broken, long Number)> VerifyAsync()
    {
        var verdict = await _service.Client.GetFromJsonAsync<JsonElement>("/api/audit/chain");
        return (verdict.GetProperty("broken").ValueKind == JsonValueKind.Null ? null : verdict.GetProperty("broken").GetInt64(),
            verdict.GetProperty("number").GetInt64());
    }
}
