using System.Globalization;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>A storage whose listing has no end fills neither the ledger nor the time of the service.</summary>
public sealed class ListingLimitTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private LocalServer _store = null!;
    private Func<int, (int Keys, string? Next)> _page = _ => (0, null);
    private int _listings;

    private volatile bool _holdsObjects;

    private HttpClient Client => _service.Client;

    private TransferEngineOptions Options => _service.Services.GetRequiredService<TransferEngineOptions>();

    public async Task InitializeAsync()
    {
        _store = await LocalServer.StartAsync(AnswerAsync);
        _service = await TestService.StartAsync(postgres, S3Rig.Settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task A_cursor_that_comes_again_fails_the_folder(int circle)
    {
        _page = page => (2, $"{page % circle}");
        var (_, folder) = await FailedAsync();
        Assert.Contains("without an end", folder.GetProperty("reason").GetString(), StringComparison.Ordinal);
        // The cursor that is kept is one of the circle after twice as many pages as the circle has, at the latest.
        Assert.InRange(_listings, 2, (4 * circle) + 2);
    }

    [Fact]
    public async Task A_transfer_has_no_more_items_than_it_may_have()
    {
        Options.MostItems = 50;
        _page = page => (20, $"{page}");
        var (transfer, folder) = await FailedAsync();
        Assert.Contains("at most 50 files", folder.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(1 + 40, await CountAsync(transfer));
    }

    [Fact]
    public async Task The_transfers_of_a_user_have_no_more_items_than_they_may_have()
    {
        _page = page => (20, page < 1 ? $"{page}" : null);
        _holdsObjects = true;
        var first = await BeginAsync();
        await Eventually.HoldsAsync(async () => await CountAsync(first) == 41);
        Options.MostItemsOfUser = 70;
        _page = page => (20, $"{page}");
        var (second, folder) = await FailedAsync();
        Assert.Contains("of a user", folder.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(1 + 20, await CountAsync(second));

        // The remaining items of a cancelled transfer free their share as soon as they are removed.
        using (var cancelled = await Client.PostAsync($"/api/transfers/{first}/cancel", null))
            await TransferRig.UntilAsync(Client, first, "cancelled");
        await ExecuteAsync("update chunkupload.transfers set ended_at = now() - interval '25 hours' where state = 'cancelled'");
        await TrimAsync(1000);
        _page = page => (40, null);
        var third = await BeginAsync();
        await Eventually.HoldsAsync(async () => await CountAsync(third) == 41);
    }

    [Fact]
    public async Task A_listing_of_empty_pages_has_an_end()
    {
        Options.MostPages = 20;
        _page = page => (0, $"{page}");
        var (_, folder) = await FailedAsync();
        Assert.Contains("more than 20 pages", folder.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_cancelled_transfer_did_not_move_is_removed_after_a_day()
    {
        _page = page => (20, null);
        var transfer = await BeginAsync();
        await Eventually.HoldsAsync(async () => await CountAsync(transfer) == 21);
        using (var cancelled = await Client.PostAsync($"/api/transfers/{transfer}/cancel", null))
            await TransferRig.UntilAsync(Client, transfer, "cancelled");
        await TrimAsync(1000);
        Assert.NotEqual(0, await CountAsync(transfer));
        await ExecuteAsync("update chunkupload.transfers set ended_at = now() - interval '25 hours'");
        await TrimAsync(7);
        Assert.Equal(0, await AskAsync(
            "select count(*) from chunkupload.transfer_items where state in ('cancelled', 'skipped')", transfer));
        Assert.Equal(
            await CountAsync(transfer), await AskAsync("select items_kept from chunkupload.transfers where id = @id", transfer));
    }

    private async Task TrimAsync(int batch)
    {
        while (await _service.Services.GetRequiredService<IReclaimLedger>().TrimHistoryAsync(TimeSpan.FromDays(90), batch, default) > 0)
        {
        }
    }

    private async Task<(string Transfer, JsonElement Folder)> FailedAsync()
    {
        var transfer = await BeginAsync();
        JsonElement folder = default;
        await Eventually.HoldsAsync(async () =>
        {
            folder = (await S3Rig.ItemsAsync(Client, transfer))[0];
            return folder.GetProperty("state").GetString() == "failed";
        });
        return (transfer, folder);
    }

    private async Task<string> BeginAsync()
    {
        using var added = await Client.PostAsync("/api/connections", System.Net.Http.Json.JsonContent.Create(new
        {
            kind = "s3",
            title = "Box",
            endpoint = _store.Address,
            bucket = "box",
            accessKeyId = "id",
            secretAccessKey = "secret",
        }));
        var connection = (await TransferRig.ReadAsync(added, 201)).GetProperty("id").GetString()!;
        var folder = await OneDriveRig.MakeFolderAsync(Client, $"in-{Guid.NewGuid():n}");
        Volatile.Write(ref _listings, 0);
        return await OneDriveRig.TransferAsync(Client, connection, null, folder, null, "box/");
    }

    private Task<long> CountAsync(string transfer) =>
        AskAsync("select count(*) from chunkupload.transfer_items where transfer = @id", transfer);

    private async Task<long> AskAsync(string query, string transfer)
    {
        await using var ledger = new NpgsqlConnection(_service.ConnectionString);
        return await ledger.ExecuteScalarAsync<long>(query, new { id = Guid.ParseExact(transfer, "N") });
    }

    private async Task ExecuteAsync(string statement)
    {
        await using var ledger = new NpgsqlConnection(_service.ConnectionString);
        _ = await ledger.ExecuteAsync(statement);
    }

    /// <summary>Answers a listing with the page after its cursor. It has no object: each file fails when its turn comes.</summary>
    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Method != "GET" || !context.Request.Query.ContainsKey("list-type"))
        {
            if (_holdsObjects)
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            context.Response.StatusCode = 404;
            return;
        }

        Interlocked.Increment(ref _listings);
        var token = context.Request.Query["continuation-token"].ToString();
        var number = token.Length == 0 ? 0 : int.Parse(token, CultureInfo.InvariantCulture) + 1;
        var (keys, next) = _page(number);
        var text = new StringBuilder("<ListBucketResult><Name>box</Name>");
        for (var i = 0; i < keys; i++)
            text.Append(CultureInfo.InvariantCulture, $"<Contents><Key>{number}-{i}</Key><Size>1</Size><ETag>\"e\"</ETag></Contents>");
        text.Append(CultureInfo.InvariantCulture, $"<IsTruncated>{(next is null ? "false" : "true")}</IsTruncated>");
        if (next is not null)
            text.Append(CultureInfo.InvariantCulture, $"<NextContinuationToken>{next}</NextContinuationToken>");
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync(text.Append("</ListBucketResult>").ToString());
    }
}
