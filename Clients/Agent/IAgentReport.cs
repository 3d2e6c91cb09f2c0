namespace ChunkUpload.Agent;

/// <summary>Receives what the agent reports while it runs.</summary>
internal interface IAgentReport
{
    /// <summary>Reports a sentence for people.</summary>
    void Note(string sentence);

    /// <summary>Reports that an entry completed or failed.</summary>
    void Ended(QueueEntry entry, Outcome outcome);
}
