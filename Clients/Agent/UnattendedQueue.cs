using ChunkUpload.Client.State;

namespace ChunkUpload.Agent;

/// <summary>Adds entries to the queue on the disk while no agent runs; the next agent starts them.</summary>
internal static class UnattendedQueue
{
    /// <summary>Why nothing happens with the entries yet.</summary>
    public const string NoAgent = "no agent runs";

    /// <param name="place">The agent's files.</param>
    /// <param name="additions">What is to be done.</param>
    /// <param name="fault">Gets a sentence for each file of the queue that cannot be understood.</param>
    /// <returns>Null if an agent, or another process that adds, holds the queue at this moment.</returns>
    /// <exception cref="AgentException">It cannot be queued, or not be saved.</exception>
    public static AgentAnswer? TryAdd(AgentPlace place, IReadOnlyList<Addition> additions, TimeProvider time, Action<string> fault)
    {
        FileStream hold;
        try
        {
            PrivateFile.CreateFolder(place.Folder);
            hold = File.Open(place.LockFile, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(place.LockFile))
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new AgentException(AgentException.NotSaved, $"The queue cannot be saved: {failure.Message}");
        }

        using (hold)
        {
            var queue = new AgentQueue(new QueueStore(place.Folder), time, fault);
            var added = queue.Add([.. additions.Select(one => (one.Work, one.Plan))]);
            var settings = queue.Settings;
            return new AgentAnswer
            {
                Ok = true,
                Queue = new QueueView(settings.IsPaused, settings.AtOnce, settings.Bandwidth, queue.Entries.Count, 0),
                Entries =
                [
                    .. added.Select(one => new EntryView
                    {
                        Id = one.Entry.Id,
                        Name = one.Entry.Name,
                        State = "waiting",
                        Reason = NoAgent,
                        Work = one.Entry.Work.WithoutSecrets(),
                        Plan = one.Entry.Plan,
                        AddedAt = one.Entry.AddedAt,
                        Failures = one.Entry.Failures,
                        Fault = one.Entry.Fault,
                        IsNew = one.IsNew,
                    }),
                ],
            };
        }
    }
}
