namespace ChunkUpload.FaultLab.Witness;

/// <summary>One client of the witness: uploads one file after another until told to stop.</summary>
internal sealed class Client(Load load, SessionClient sessions, StreamClient streams, Checker checker, Random random)
{
    // A deleted file stays in the list for a while, so that its return would be noticed.
    private const int MostKept = 400;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(load.Options.Mix[random.Next(load.Options.Mix.Count)], cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
            }
            catch (Exception e)
            {
                load.Journal.Violate($"the witness failed: {e}");
                return;
            }
        }
    }

    private async Task StepAsync(string what, CancellationToken cancellationToken)
    {
        var upload = what switch
        {
            "keep" or "rest" => null,
            "session" => await sessions.BeginAsync(random, doomed: false, cancellationToken),
            "chunk" => await sessions.BeginAsync(random, doomed: false, cancellationToken, chunks: 1),
            "doomed" => await sessions.BeginAsync(random, doomed: true, cancellationToken),
            "tus" => await streams.BeginAsync(Protocol.Tus, random, partial: false, cancellationToken),
            "ietf" => await streams.BeginAsync(Protocol.Ietf, random, partial: false, cancellationToken),
            "put" => await streams.PutAsync(random, cancellationToken),
            "joined" => await JoinedAsync(cancellationToken),
            "check" => await LookBackAsync(cancellationToken),
            "purge" => await RunJobAsync("purge-stale-sessions", cancellationToken),
            _ => throw new ArgumentException($"\"{what}\" is nothing that a client does."),
        };
        if (upload is null)
        {
            await Load.PauseAsync(cancellationToken);
            return;
        }

        if (upload.Fate == Fate.Doomed)
        {
            _ = await sessions.ChunkAsync(upload, 0, random, cancellationToken);
            return;
        }

        if (upload.Fate == Fate.Open && upload.IsStream)
        {
            await streams.SendAsync(upload, random, cancellationToken);
        }
        else if (upload.Fate == Fate.Open)
        {
            await sessions.SendAsync(upload, random, cancellationToken);
            await sessions.CompleteAsync(upload, cancellationToken);
        }

        if (random.Next(2) == 0 && !load.Options.Mix.Contains("keep"))
            await DeleteAsync(upload, cancellationToken);
    }

    private async Task<Sent?> JoinedAsync(CancellationToken cancellationToken)
    {
        var partials = new List<Sent>();
        for (var index = random.Next(1, 4); index > 0; index--)
        {
            if (await streams.BeginAsync(Protocol.Tus, random, partial: true, cancellationToken) is not { } partial)
                return null;
            await streams.SendAsync(partial, random, cancellationToken);
            partials.Add(partial);
        }

        return await streams.JoinAsync(partials, cancellationToken);
    }

    private async Task DeleteAsync(Sent upload, CancellationToken cancellationToken)
    {
        await checker.CheckAsync(upload, content: true, cancellationToken);
        upload.Fate = Fate.Deleting;
        load.Journal.Note(upload, "deleting");
        var answer = await load.MustAsync(HttpMethod.Delete, $"/api/files/{upload.Id}", null, cancellationToken);
        if (answer.Status is not (204 or 404 or 410))
        {
            load.Journal.Violate($"DELETE of {upload} was answered with {answer}");
            return;
        }

        upload.Fate = Fate.Deleted;
        load.Journal.Ack(upload, "deleted");
        if (load.Uploads.Count > MostKept)
            load.Forget(upload);
    }

    private async Task<Sent?> LookBackAsync(CancellationToken cancellationToken)
    {
        var all = load.Uploads.Where(upload => upload.Fate is Fate.Completed or Fate.Deleted or Fate.Doomed).ToList();
        if (all.Count > 0)
        {
            var upload = all[random.Next(all.Count)];
            // Another client may delete it between the request and the answer.
            if (upload.Fate != Fate.Completed)
                await checker.CheckAsync(upload, content: false, cancellationToken);
        }

        return null;
    }

    private async Task<Sent?> RunJobAsync(string name, CancellationToken cancellationToken)
    {
        _ = await load.AskAsync(HttpMethod.Post, $"/api/jobs/{name}/run", null, cancellationToken);
        return null;
    }
}
