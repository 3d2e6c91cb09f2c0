using System.Net.Sockets;
using System.Text;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Upgrade;

internal sealed partial class LedgerMaker
{
    /// <summary>Files by their id, of each protocol.</summary>
    private async Task AddFinishedAsync()
    {
        await FileAsync("one.bin", 90_000);
        await FileAsync("empty.bin", 0);
        await FileAsync("large.bin", 2_300_000);

        var (seed, bytes) = New(1_000_000);
        var session = await _operator.SessionAsync(
            bytes.Length, new { fileName = "session.bin", size = bytes.Length, sha256 = KeptFacts.Sha256(bytes) });
        foreach (var offset in new[] { 750_000, 0, 500_000, 250_000 })
            await _operator.ChunkAsync(session, bytes, offset, 250_000);
        await CompleteAsync(session);
        _facts.Files.Add(new KeptFile(ContentOf(session), seed, bytes.Length));

        (seed, bytes) = New(200_000);
        var path = await _operator.TusAsync("", ("Upload-Length", $"{bytes.Length}"), ("Upload-Metadata", $"filename {Base64("tus.bin")}"));
        await _operator.TusPatchAsync(path, bytes, 0, 80_000);
        await _operator.TusPatchAsync(path, bytes, 80_000, bytes.Length);
        _facts.Files.Add(new KeptFile(ContentOf(path), seed, bytes.Length));

        (seed, bytes) = New(150_000);
        path = await _operator.IetfAsync(bytes, 60_000);
        await _operator.IetfPatchAsync(path, bytes, 60_000, bytes.Length);
        _facts.Files.Add(new KeptFile(ContentOf(path), seed, bytes.Length));
        foreach (var file in _facts.Files.ToList())
            await AcceptedAsync(file.Address);
    }

    /// <summary>Uploads that a client continues: chunks in disorder, parts of chunks, merged chunks, streams.</summary>
    private async Task AddUnfinishedAsync()
    {
        var (seed, bytes) = New(300_000);
        var session = await _operator.SessionAsync(
            bytes.Length, new { fileName = "open.bin", size = bytes.Length, metadata = new { purpose = "upgrade" } });
        await _operator.ChunkAsync(session, bytes, 200_000, 100_000);
        await _operator.ChunkAsync(session, bytes, 0, 50_000);
        AddOpen("session", session, seed, bytes.Length);

        (seed, bytes) = New(400_000);
        session = await _operator.SessionAsync(bytes.Length, new { fileName = "broken.bin", size = bytes.Length });
        await _operator.ChunkAsync(session, bytes, 200_000, 200_000);
        await BreakAsync(session, bytes[..200_000], 90_000);
        AddOpen("session", session, seed, bytes.Length);
        _facts.Names["broken chunk"] = session;

        // Merged as far as the front goes.
        (seed, bytes) = New(4_400_000);
        session = await _operator.SessionAsync(bytes.Length, new { fileName = "merged.bin", size = bytes.Length });
        for (var offset = 0; offset < 4_000_000; offset += 200_000)
            await _operator.ChunkAsync(session, bytes, offset, 200_000);
        AddOpen("session", session, seed, bytes.Length);
        await Eventually.HoldsAsync(
            async () => await AskAsync($"select placed_bytes > 0 from chunkupload.uploads where id = '{session.Split('/')[^1]}'") is true);

        (seed, bytes) = New(120_000);
        session = await _operator.SessionAsync(bytes.Length, new { fileName = "paused.bin", size = bytes.Length, priority = "high" });
        await _operator.ChunkAsync(session, bytes, 60_000, 60_000);
        _ = await _operator.PostAsync(session + "/pause", null);
        AddOpen("session", session, seed, bytes.Length);
        _facts.States.Add(new KeptState(session.Split('/')[^1], "paused"));
        _facts.Names["paused"] = session;

        // Into the tree.
        (seed, bytes) = New(130_000);
        session = await _operator.SessionAsync(bytes.Length, new { path = "Projects/incoming.bin", size = bytes.Length });
        await _operator.ChunkAsync(session, bytes, 0, 30_000);
        _facts.Uploads.Add(new KeptUpload("session", session, seed, bytes.Length, "/api/tree/Projects/incoming.bin"));

        (seed, bytes) = New(250_000);
        var path = await _operator.TusAsync(
            "", ("Upload-Length", $"{bytes.Length}"), ("Upload-Metadata", $"filename {Base64("open tus")}"));
        await _operator.TusPatchAsync(path, bytes, 0, 100_000);
        await _operator.TusPatchAsync(path, bytes, 100_000, 140_000);
        AddOpen("tus", path, seed, bytes.Length);

        (seed, bytes) = New(80_000);
        path = await _operator.TusAsync("", ("Upload-Defer-Length", "1"));
        await _operator.TusPatchAsync(path, bytes, 0, 50_000);
        AddOpen("tus", path, seed, bytes.Length);

        (seed, bytes) = New(90_000);
        path = await _operator.TusAsync("", ("Upload-Length", $"{bytes.Length}"));
        AddOpen("tus", path, seed, bytes.Length);

        (seed, bytes) = New(160_000);
        path = await _operator.IetfAsync(bytes, 40_000);
        await _operator.IetfPatchAsync(path, bytes, 40_000, 100_000);
        AddOpen("ietf", path, seed, bytes.Length);
    }

    /// <summary>A joined upload, one that waits for a part, and a part without a whole.</summary>
    private async Task AddPartsAsync()
    {
        var (seed, bytes) = New(100_000);
        var one = await PartAsync(bytes.Length / 2);
        await _operator.TusPatchAsync(one, bytes[..50_000], 0, 50_000);
        var two = await PartAsync(bytes.Length / 2);
        await _operator.TusPatchAsync(two, bytes[50_000..], 0, 50_000);
        var whole = await _operator.TusAsync("", ("Upload-Concat", $"final;{one} {two}"));
        await AcceptedAsync(ContentOf(whole));
        _facts.Files.Add(new KeptFile(ContentOf(whole), seed, bytes.Length));

        (seed, bytes) = New(60_000);
        one = await PartAsync(bytes.Length);
        await _operator.TusPatchAsync(one, bytes, 0, 20_000);
        whole = await _operator.TusAsync("", ("Upload-Concat", $"final;{one}"));
        _facts.Uploads.Add(new KeptUpload("tus", one, seed, bytes.Length, ContentOf(whole)));

        (seed, bytes) = New(40_000);
        one = await PartAsync(bytes.Length);
        await _operator.TusPatchAsync(one, bytes, 0, 10_000);
        _facts.Uploads.Add(new KeptUpload("tus", one, seed, bytes.Length, null));

        Task<string> PartAsync(int size) => _operator.TusAsync("", ("Upload-Length", $"{size}"), ("Upload-Concat", "partial"));
    }

    private async Task AddEndedAsync()
    {
        var (_, bytes) = New(30_000);
        var session = await _operator.SessionAsync(bytes.Length, new { fileName = "cancelled.bin", size = bytes.Length });
        await _operator.ChunkAsync(session, bytes, 0, 10_000);
        _ = await _operator.SendAsync(HttpMethod.Delete, session, null);
        await StateIsAsync(session.Split('/')[^1], "cancelled");

        var id = await FileAsync("refused.bin", 20_000, stays: false);
        await StateIsAsync(id, "failed");

        var deleted = await FileAsync("deleted.bin", 25_000, stays: false);
        await Eventually.HoldsAsync(async () => await _operator.StateAsync(deleted) == "completed");
        _ = await _operator.SendAsync(HttpMethod.Delete, $"/api/files/{deleted}", null);
        _facts.States.Add(new KeptState(deleted, "deleted"));
    }

    /// <summary>What the last start leaves at work: checks without a verdict, and digests that are not computed.</summary>
    private async Task AddHeldAsync()
    {
        var id = await FileAsync($"{Held}.bin", 35_000, stays: false);
        await Eventually.HoldsAsync(
            () => Task.FromResult(_checker.Received.Any(hook => hook.Body.Contains(Held, StringComparison.Ordinal))));
        _facts.States.Add(new KeptState(id, "checking", "completed"));
        _facts.Files.Add(new KeptFile($"/api/files/{id}/content", _seed, 35_000));

        // Without the function that records a digest, the session stays where it is.
        _ = await AskAsync("alter function chunkupload_functions.save_hash rename to save_hash_away");
        var (seed, bytes) = New(500_000);
        var session = await _operator.SessionAsync(
            bytes.Length, new { fileName = "completing.bin", size = bytes.Length, sha256 = KeptFacts.Sha256(bytes) });
        await _operator.ChunkAsync(session, bytes, 250_000, 250_000);
        await _operator.ChunkAsync(session, bytes, 0, 250_000);
        using (var asked = await _operator.AnswerAsync(HttpMethod.Post, session + "/complete", null))
            Assert.True((int)asked.StatusCode is 202 or >= 500, $"{(int)asked.StatusCode}");
        await StateIsAsync(session.Split('/')[^1], "completing", "completed");
        _facts.Files.Add(new KeptFile(ContentOf(session), seed, bytes.Length));
        _ = await AskAsync("alter function chunkupload_functions.save_hash_away rename to save_hash");
    }

    private async Task CompleteAsync(string session) => _ = await _operator.PostAsync(session + "/complete", null);

    private async Task AcceptedAsync(string content) => await Eventually.HoldsAsync(async () =>
    {
        using var answer = await _operator.AnswerAsync(HttpMethod.Get, content, null);
        return answer.IsSuccessStatusCode;
    });

    /// <summary>Sends the beginning of a chunk at offset 0 and breaks off, until the service has kept it.</summary>
    private async Task BreakAsync(string session, byte[] chunk, int sent)
    {
        using (var connection = new TcpClient())
        {
            await connection.ConnectAsync(_service.Address.Host, _service.Address.Port);
            var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT {session}/chunks/0 HTTP/1.1\r\nHost: {_service.Address.Authority}\r\nAuthorization: Bearer {_service.Key}\r\n"
                + $"X-Chunk-SHA256: {KeptFacts.Sha256(chunk)}\r\nContent-Length: {chunk.Length}\r\n\r\n"));
            await stream.WriteAsync(chunk.AsMemory(0, sent));
            connection.Client.Shutdown(SocketShutdown.Send);
            // The service has seen the end when it closes.
            _ = await stream.ReadAsync(new byte[1024]);
        }

        await Eventually.HoldsAsync(async () =>
        {
            using var head = await _operator.AnswerAsync(HttpMethod.Head, $"{session}/chunks/0", null);
            return head.Headers.TryGetValues("Upload-Offset", out var kept) && kept.Single() != "0";
        });
    }

    private async Task<object?> AskAsync(string statement)
    {
        await using var connection = new NpgsqlConnection(await KeptCluster.FindAsync(_data));
        return await connection.ExecuteScalarAsync(statement);
    }

    private static string ContentOf(string upload) => $"/api/files/{upload.Split('/')[^1]}/content";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
