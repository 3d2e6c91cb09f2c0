using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Dav;
using ChunkUpload.Tests.Functional.Checks;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>A checker decides about what WebDAV writes, while others lock and change the place.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class DavCheckTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly TaskCompletionSource _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HookReceiver _checker = null!;
    private CheckedService _service = null!;
    private DavClient _dav = null!;

    public async Task InitializeAsync()
    {
        _checker = await HookReceiver.StartAsync();
        _service = await CheckedService.StartAsync(postgres, CheckedService.Asking(_checker));
        _dav = new DavClient(_service.Service, "checked");
        await _dav.FolderAsync("");
    }

    public async Task DisposeAsync()
    {
        _dav.Dispose();
        await _service.DisposeAsync();
        await _checker.DisposeAsync();
    }

    [Fact]
    public async Task A_client_that_waits_for_the_verdict_learns_that_its_condition_failed_and_nothing_is_published()
    {
        var (tag, put) = await ReplaceAsync();
        _verdict.SetResult();
        using var answer = await put;
        Assert.Equal(HttpStatusCode.PreconditionFailed, answer.StatusCode);
        Assert.NotEqual(tag, (await _dav.PropertyAsync("x", DavClient.Dav + "getetag"))!.Value);
        Assert.Equal("another", await _dav.ReadAsync("x"));
        Assert.Equal([$"{_dav.Root}/x", $"{_dav.Root}/y"], await _dav.ListAsync(""));
    }

    [Fact]
    public async Task What_fails_its_condition_after_its_client_was_answered_is_kept_beside_and_an_event_says_so()
    {
        var (_, put) = await ReplaceAsync();
        // The service does this after a client has waited for half a minute.
        await using var connection = new NpgsqlConnection(_service.Service.ConnectionString);
        var id = new UploadId(await connection.ExecuteScalarAsync<Guid>("select id from uploads where state = 'checking'"));
        var ledger = _service.Service.Services.GetRequiredService<IDavLedger>();
        Assert.True(await ledger.AnswerCheckingAsync(id, default));
        _verdict.SetResult();
        using (await put)
        {
            Assert.Equal(
                [$"{_dav.Root}/x", $"{_dav.Root}/x%20%282%29", $"{_dav.Root}/y"], (await _dav.ListAsync("")).Order(StringComparer.Ordinal));
        }

        Assert.Equal("checked", await _dav.ReadAsync("x%20%282%29"));
        Assert.Equal("another", await _dav.ReadAsync("x"));
        var data = JsonElement.Parse((await connection.ExecuteScalarAsync<string>(
            "select data::text from events where kind = 'placed_beside'"))!);
        Assert.Equal(("x", "x (2)"), (data.GetProperty("wanted").GetString(), data.GetProperty("name").GetString()));
        Assert.False(await ledger.AnswerCheckingAsync(id, default));
    }

    /// <summary>Replaces x under the condition that it has the content that it has, and replaces it another way while it is checked.
    /// </summary>
    private async Task<(string Tag, Task<HttpResponseMessage> Put)> ReplaceAsync()
    {
        _checker.Answer = context => context.Response.WriteAsync("""{"verdict":"accept"}""");
        await _dav.PutAsync("x", "first");
        await _dav.PutAsync("y", "another");
        var tag = (await _dav.PropertyAsync("x", DavClient.Dav + "getetag"))!.Value;
        var known = _checker.Received.Count;
        _checker.Answer = async context =>
        {
            await _verdict.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("""{"verdict":"accept"}""");
        };
        var put = _dav.SendAsync("PUT", "x", "checked", ("If", $"([{tag}])"));
        await Eventually.HoldsAsync(() => Task.FromResult(_checker.Received.Count > known));
        // Other content replaces the file at once: copies are not checked.
        using var other = await _service.Client.PostAsJsonAsync(
            "/api/tree/copy", new { from = "checked/y", to = "checked/x", conflict = "replace" });
        Assert.True(other.IsSuccessStatusCode, await other.Content.ReadAsStringAsync());
        return (tag, put);
    }
}
