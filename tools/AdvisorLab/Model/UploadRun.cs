namespace ChunkUpload.AdvisorLab.Model;

/// <summary>The result of one simulated upload.</summary>
/// <param name="Seconds">The scenario's cap if it did not finish, or the given limit if continuing was not worthwhile.</param>
/// <param name="SentTwice">Bytes beyond the file's own.</param>
internal readonly record struct UploadRun(double Seconds, bool Finished, double SentTwice, int Requests);

/// <summary>One moment of a run.</summary>
internal readonly record struct RunMoment(double At, double LinkRate, double Committed, long Size, int Concurrency, bool Failure);
