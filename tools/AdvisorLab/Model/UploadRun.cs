namespace ChunkUpload.AdvisorLab.Model;

/// <summary>How one simulated upload went.</summary>
/// <param name="Seconds">The scenario's cap when it did not finish, or the limit that was given when it was not worth going on.</param>
/// <param name="SentTwice">Bytes beyond the file's own.</param>
internal readonly record struct UploadRun(double Seconds, bool Finished, double SentTwice, int Requests);

/// <summary>What happened at a moment of a run, for plots.</summary>
internal readonly record struct RunMoment(double At, double LinkRate, double Committed, long Size, int Concurrency, bool Failure);
