using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Watches the network of one upload: its state, its open bodies, and the last advice. One lock guards it and is held for arithmetic only.
/// </summary>
public sealed class NetworkWatch
{
    private const double LongestReport = 3600;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly NetworkBook _book;
    private readonly StreamSlots _slots = new();
    private readonly NetworkState _state;
    private readonly SpeedMeter _speed = new();

    // Ended bodies are reused, so an outcome allocates nothing.
    private BodyWatch? _spare;
    private double _roundTrip;
    private double _hintedRate;
    private bool _sparing;
    private long _bytes;
    private long _openBytes;
    private long _lastSent;
    private double _lastByteAt;
    private long _touchedAt;
    private AdviceStep? _lastStep;
    private int _succeeded;
    private int _failed;
    private long _stepBytes;

    internal NetworkWatch(NetworkBook book, TimeProvider time, UploadId upload, in NetworkFigures known)
    {
        (_book, _time, Upload) = (book, time, upload);
        _state = new NetworkState(known);
        _touchedAt = time.GetTimestamp();
    }

    internal UploadId Upload { get; }

    internal TimeSpan IdleFor => _time.GetElapsedTime(Volatile.Read(ref _touchedAt));

    internal int OpenBodies { get; private set; }

    /// <summary>Nothing more is expected of the upload.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>A request's hints about the client hold until another request brings different ones.</summary>
    internal void ApplyHints(ClientNetwork? client)
    {
        lock (_gate)
        {
            _touchedAt = _time.GetTimestamp();
            if (client is null)
                return;
            if (client.RoundTrip > 0)
                _roundTrip = client.RoundTrip;
            if (client.Rate > 0)
                _hintedRate = client.Rate;
            _sparing = client.Sparing ?? _sparing;
        }
    }

    /// <param name="network">The network that learns from the body.</param>
    /// <param name="sendSeconds">How long the client took for its last body; 0 when unknown.</param>
    internal BodyWatch Open(NetworkKey? network, double sendSeconds)
    {
        lock (_gate)
        {
            if (sendSeconds > 0 && _lastSent > 0)
                _state.Reported(Math.Clamp(sendSeconds, NetworkState.TickSeconds, LongestReport), _lastSent);
            _speed.Add(Now(), 0);
            OpenBodies++;
            var body = _spare ?? new BodyWatch(this);
            _spare = body.Next;
            body.Begin(network);
            return body;
        }
    }

    internal void Release(BodyWatch body)
    {
        lock (_gate)
            (body.Next, _spare) = (_spare, body);
    }

    internal double Read(BodyWatch body, long bytes)
    {
        lock (_gate)
        {
            var now = Now();
            _bytes += bytes;
            _openBytes += bytes;
            _lastByteAt = now;
            _speed.Add(now, bytes);
            if (body.Bytes == 0)
                _state.Opened(now, _bytes, _slots.Began(now));
            else
                _state.Progress(now, _bytes);
            return now;
        }
    }

    internal void Ended(BodyWatch body, BodyOutcome outcome)
    {
        NetworkDelta delta;
        lock (_gate)
        {
            var now = Now();
            OpenBodies--;
            _openBytes -= body.Bytes;
            _stepBytes += body.Bytes;
            // The bytes in flight at the break were lost, and the client must send them again.
            if (outcome.IsBreak)
                outcome = outcome with
                {
                    Lost =
                    Math.Max(outcome.Lost, (long)Math.Min(outcome.Received, _state.Figures.Rate * _state.Figures.Gap))
                };
            var opened = body.Bytes > 0;
            if (!opened)
                _state.Opened(now, _bytes);
            _state.Ended(now, _lastByteAt, _bytes, outcome);
            if (opened)
                _slots.Ended(outcome.Network == NetworkOutcome.Ok ? body.LastByteAt : double.NaN);
            if (outcome.Network == NetworkOutcome.Ok)
            {
                _succeeded++;
                _lastSent = outcome.Received;
            }
            else if (outcome.Network != NetworkOutcome.Unrelated)
            {
                _failed++;
                _slots.Clear();
            }

            delta = _state.TakeDelta();
            _touchedAt = _time.GetTimestamp();
        }

        _book.Learned(body.Network, delta, outcome);
    }

    /// <param name="remaining">The upload's bytes that are not durable; bytes in flight are subtracted here.</param>
    public AdviceFigures Decide(IAdvicePolicy policy, AdviceQuestion question, long? remaining, out NetworkFigures seen)
    {
        lock (_gate)
        {
            var advice = policy.Decide(_state, question with
            {
                Remaining = remaining is { } bytes ? Math.Max(0, bytes - _openBytes) : null,
                RoundTrip = _roundTrip,
                HintedRate = _hintedRate,
                Sparing = question.Sparing || _sparing,
            });
            _state.Advised = advice.Size;
            seen = _state.Figures;
            return advice;
        }
    }

    /// <summary>Seconds since the last byte of the open bodies; NaN without an open body or a byte.</summary>
    internal double Silence
    {
        get
        {
            lock (_gate)
                return OpenBodies > 0 && _bytes > 0 ? Math.Max(0, Now() - _lastByteAt) : double.NaN;
        }
    }

    /// <summary>The speed of the upload.</summary>
    public UploadSpeed Speed
    {
        get
        {
            lock (_gate)
                return _speed.At(Now());
        }
    }

    internal int FailuresInRow
    {
        get
        {
            lock (_gate)
                return _state.FailuresInRow;
        }
    }

    /// <summary>
    /// The next line of the upload's history with the outcome of the last advice, if this advice differs from the last one.
    /// </summary>
    internal AdviceStep? Step(in AdviceFigures advice, int most)
    {
        lock (_gate)
        {
            if (_lastStep is { } last && ((last.ChunkSize == advice.Size && last.Concurrency == advice.Concurrency) || last.Number >= most))
                return null;
            return Advised(new AdviceStep(
                Upload, (_lastStep?.Number ?? 0) + 1, _time.GetUtcNow(), advice.Size, advice.Concurrency, AdviceText.Word(advice.LimitedBy),
                AdviceText.Finite(advice.Rate), AdviceText.Finite(advice.DeadTime), AdviceText.Finite(advice.Mtbf), _succeeded, _failed,
                    _stepBytes));
        }
    }

    /// <summary>The last line, with the outcome of the last advice; null when no advice was given.</summary>
    /// <param name="ended">Otherwise also null when there was no outcome.</param>
    internal AdviceStep? LastStep(bool ended)
    {
        lock (_gate)
        {
            var nothing = _succeeded == 0 && _failed == 0 && _stepBytes == 0;
            if (_lastStep is not { } last || (nothing && (!ended || last.LimitedBy == AdviceText.Over)))
                return null;
            var seen = _state.Figures;
            return Advised(last with
            {
                Number = last.Number + 1,
                At = _time.GetUtcNow(),
                LimitedBy = AdviceText.Over,
                Rate = AdviceText.Finite(seen.Rate),
                DeadTime = AdviceText.Finite(seen.Gap),
                Mtbf = AdviceText.Finite(seen.Mtbf),
                Succeeded = _succeeded,
                Failed = _failed,
                Bytes = _stepBytes,
            });
        }
    }

    private AdviceStep Advised(AdviceStep step)
    {
        (_succeeded, _failed, _stepBytes, _lastStep) = (0, 0, 0, step);
        return step;
    }

    private double Now() => _time.GetTimestamp() / (double)_time.TimestampFrequency;
}
