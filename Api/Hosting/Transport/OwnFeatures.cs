using System.Collections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// What a connection is by itself and what was added to it, in a row as long as it has to be: a dictionary of it for each of thousands takes
/// four times as much.
/// </summary>
internal sealed class OwnFeatures(SocketConnection connection, BodyArrival arrival) : IFeatureCollection
{
    // Four of the server's, and the two that stand between it and the transport.
    private const int Usual = 6;

    private static readonly Type[] OfConnection =
    [
        typeof(IMemoryPoolFeature), typeof(IConnectionIdFeature), typeof(IConnectionItemsFeature), typeof(IConnectionTransportFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IConnectionSocketFeature),
    ];

    private (Type Key, object Feature)[] _added = new (Type, object)[Usual];
    private int _count;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get => Find(key) is var at and >= 0 ? _added[at].Feature : key == typeof(BodyArrival) ? arrival : Array.IndexOf(OfConnection, key) >= 0 ? connection : null;
        set
        {
            Revision++;
            var at = Find(key);
            if (value is null)
            {
                if (at >= 0)
                {
                    _count--;
                    (_added[at], _added[_count]) = (_added[_count], default);
                }

                return;
            }

            if (at < 0)
                at = _count++;
            if (at == _added.Length)
                Array.Resize(ref _added, at + 2);
            _added[at] = (key, value);
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() =>
        _added.Take(_count).Select(added => KeyValuePair.Create(added.Key, added.Feature))
            .Concat(OfConnection.Where(type => Find(type) < 0).Select(type => KeyValuePair.Create<Type, object>(type, connection)))
            .Append(new(typeof(BodyArrival), arrival)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(Type key)
    {
        for (var at = 0; at < _count; at++)
        {
            if (_added[at].Key == key)
                return at;
        }

        return -1;
    }
}
