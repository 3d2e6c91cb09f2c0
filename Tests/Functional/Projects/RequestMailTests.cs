using System.Net.WebSockets;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>Requests to a service with special settings: mails, the space for relays, timeouts, and events for apps.</summary>
public sealed class RequestMailTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const long Room = 1 << 20;

    private TestService _service = null!;
    private MailServer _mail = null!;

    public async Task InitializeAsync()
    {
        _mail = MailServer.Start();
        _service = await TestService.StartAsync(postgres, _mail.Settings(("Projects:RelayBytes", $"{Room}")));
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task At_most_one_mail_an_hour_tells_that_requests_wait_and_none_names_a_file()
    {
        var rig = await AskRig.StartAsync(_service, 5);
        await _service.Services.GetRequiredService<IPeopleLedger>().ChangeUserAsync(
            rig.Mara.User.Id, null, "mara@example.org", null, null, default);
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/b"), Upsert("/line-14/c")]);
        await rig.AskAsync();
        await Eventually.HoldsAsync(() => Task.FromResult(_mail.Received.Count == 1));
        await rig.AskAsync(path: "/line-14/b");
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        // The second request has been looked at, and waits.
        await Eventually.HoldsAsync(async () => await connection.ExecuteScalarAsync<int>(
            "select count(*)::int from chunkupload.work where kind = 'file_request' and due_at > now() + interval '50 minutes'") == 2);
        var mail = Assert.Single(_mail.Received);
        var text = mail.Text.Replace("=\r\n", "", StringComparison.Ordinal).Replace("=\n", "", StringComparison.Ordinal);
        Assert.Contains($"/console/#/projects/{rig.Project}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("a.bin", text, StringComparison.Ordinal);
        Assert.DoesNotContain("line-14", text, StringComparison.Ordinal);
        // An hour later the next one tells what waits by then.
        await connection.ExecuteAsync("update chunkupload.file_request_mails set mailed_at = now() - interval '1 hour'");
        await rig.AskAsync(path: "/line-14/c");
        await Eventually.HoldsAsync(() => Task.FromResult(_mail.Received.Count == 2));
    }

    [Fact]
    public async Task What_lies_on_the_service_for_a_member_has_a_bound_and_waits_for_room()
    {
        var rig = await AskRig.StartAsync(_service, 700_000, "always");
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/b", 700_000), Upsert("/line-14/large", Room + 1)]);
        await rig.AskRefusedAsync(new { file_path = "/line-14/large" }, 409, "too_large_for_relay");
        var (a, b) = (await rig.AskAsync(), await rig.AskAsync(path: "/line-14/b"));
        await rig.ClaimAsync(a);
        await rig.ClaimAsync(b, status: 409, code: "no_relay_room");
        Assert.Equal("room", (await rig.RowAsync(b)).GetProperty("waits_for").GetString());
        await SendAsync(rig.Ines.Client, HttpMethod.Delete, $"{rig.Transfers}/{a}", null, 200);
        await rig.ClaimAsync(b);
    }

    [Fact]
    public async Task A_device_sends_only_while_the_receiver_is_there()
    {
        var options = _service.Services.GetRequiredService<ProjectOptions>();
        options.ReceiverStays = TimeSpan.Zero;
        var rig = await AskRig.StartAsync(_service, 5000, "always");
        var transfer = await rig.AskAsync();
        await rig.ClaimAsync(transfer, status: 409, code: "receiver_away");
        Assert.Equal("receiver", (await rig.RowAsync(transfer)).GetProperty("waits_for").GetString());
        await using var heard = await SseReader.OpenAsync(rig.Ines.Client, "/api/events");
        await heard.NextAsync();
        await rig.ClaimAsync(transfer);
    }

    [Fact]
    public async Task A_reader_is_left_alone_after_a_silence_and_a_transfer_after_a_day()
    {
        _service.Services.GetRequiredService<ProjectOptions>().ReadPatience = TimeSpan.FromMilliseconds(300);
        var rig = await AskRig.StartAsync(_service, 5000, "always");
        var transfer = await rig.AskAsync();
        await rig.ClaimAsync(transfer);
        var session = await rig.SessionAsync(transfer, 5000);
        Assert.Equal(201, await rig.ChunkAsync(session, 0, ApiClient.Bytes(1000)));
        using (var answer = await rig.ContentAsync(transfer))
            await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("in_progress", (await rig.RowAsync(transfer)).GetProperty("status").GetString());
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync(
            """
            update chunkupload.file_transfers set moved_at = now() - interval '1 day' where id = @transfer;
            update chunkupload.work set due_at = now(), state = 'ready' where reference = @transfer
            """,
            new { transfer });
        await Eventually.HoldsAsync(async () =>
            (await rig.RowAsync(transfer)).GetProperty("error_code").GetString() == "expired");
        Assert.Equal(410, await rig.ChunkAsync(session, 1000, ApiClient.Bytes(4000)));
    }

    [Fact]
    public async Task Apps_hear_on_the_socket_of_the_project_what_concerns_them()
    {
        var rig = await AskRig.StartAsync(_service, 2_000_000, "always");
        await rig.Mara.TellAsync(rig.Project, [Upsert(AskRig.Path, 900_000)]);
        var jun = await DeviceRig.StartAsync(_service, "Jun");
        await rig.JoinAsync(jun);
        using var mara = await OpenAsync(rig, rig.Mara);
        using var ines = await OpenAsync(rig, rig.Ines);
        using var other = await OpenAsync(rig, jun);
        var transfer = await rig.AskAsync();
        var requested = await NextAsync(mara, "file_requested");
        Assert.Matches(@"^User Ines\w* requested a\.bin \(size: 900KB\)$", requested.GetProperty("message").GetString());
        await rig.ClaimAsync(transfer);
        var content = ApiClient.Bytes(900_000);
        var session = await rig.SessionAsync(transfer, content.Length);
        Assert.Equal(201, await rig.ChunkAsync(session, 0, content[..450_000]));
        var progress = await NextAsync(ines, "file_transfer_progress");
        Assert.Equal((transfer, AskRig.Path, "in_progress", 50.0), (
            progress.GetProperty("transfer_id").GetGuid(), progress.GetProperty("file_path").GetString(),
            progress.GetProperty("status").GetString(), progress.GetProperty("percent").GetDouble()));
        Assert.Equal(201, await rig.ChunkAsync(session, 450_000, content[450_000..]));
        await rig.CompleteAsync(session);
        await rig.PatchAsync(rig.Ines, transfer, new { status = "completed", hash = ApiClient.Hex(content) });
        var complete = await NextAsync(ines, "file_transfer_complete");
        Assert.Equal((ApiClient.Hex(content), content.Length), (
            complete.GetProperty("hash").GetString(), complete.GetProperty("size").GetInt32()));
        var failing = await rig.AskAsync();
        await SendAsync(rig.Ines.Client, HttpMethod.Delete, $"{rig.Transfers}/{failing}", null, 200);
        Assert.Equal("cancelled", (await NextAsync(ines, "file_transfer_failed")).GetProperty("status").GetString());
        // Another member hears what happens to the list, and nothing of this.
        await rig.Mara.TellAsync(rig.Project, [Upsert("/line-14/late")]);
        Assert.Equal("file_added", (await MessageAsync(other)).GetProperty("type").GetString());
    }

    private async Task<ClientWebSocket> OpenAsync(AskRig rig, DeviceRig who)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", who.Client.DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(
            new UriBuilder(new Uri(_service.Address, $"/api/projects/{rig.Project}/events/ws")) { Scheme = "ws" }.Uri, default);
        // The welcome is not sent on; a change of the list shows that the socket listens.
        var path = $"/line-14/{Guid.NewGuid():n}";
        await Task.Delay(500);
        await rig.Mara.TellAsync(rig.Project, [Upsert(path)]);
        while ((await MessageAsync(socket)).GetProperty("data").GetProperty("path").GetString() != path)
        {
        }

        return socket;
    }

    private static async Task<JsonElement> NextAsync(ClientWebSocket socket, string type)
    {
        while (true)
        {
            var message = await MessageAsync(socket);
            if (message.GetProperty("type").GetString() == type)
                return message.GetProperty("data");
        }
    }

    private static async Task<JsonElement> MessageAsync(ClientWebSocket socket)
    {
        using var stop = new CancellationTokenSource(Eventually.Limit);
        var buffer = new byte[1 << 16];
        var count = 0;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(count), stop.Token);
            count += part.Count;
        }
        while (!part.EndOfMessage);
        return JsonDocument.Parse(buffer.AsMemory(0, count)).RootElement.Clone();
    }
}
